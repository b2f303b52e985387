-- wrk: asks for the paths of a file, one after another, and says what came of it as JSON.
-- wrk … -s paths.lua URL -- FILE OFFSET
local paths, count, at, tail = {}, 0, 0, ""

function init(args)
  for line in io.lines(args[1]) do
    count = count + 1
    paths[count] = line
  end
  at = (tonumber(args[2]) or 0) % count
  tail = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n"
end

function request()
  at = at % count + 1
  return "GET " .. paths[at] .. tail
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"bytes":%d,"refused":%d,"broken":%d,"p50Ms":%.4f,"p99Ms":%.4f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
