-- wrk: posts the bodies of a file, each once, each under an Idempotency-Key of its own; stops when they are used up.
-- wrk … -s bodies.lua URL -- FILE PATH KEY PREFIX
local bodies, count, at, head, prefix = {}, 0, 0, "", ""

function init(args)
  for line in io.lines(args[1]) do
    count = count + 1
    bodies[count] = line
  end
  head = "POST " .. args[2] .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" ..
    "Authorization: Bearer " .. args[3] .. "\r\nIdempotency-Key: " .. args[4]
end

function request()
  at = at + 1
  if at > count then
    wrk.thread:stop()
    at = count
  end
  local body = bodies[at]
  return head .. at .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"refused":%d,"broken":%d,"p50Ms":%.4f,"p99Ms":%.4f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
