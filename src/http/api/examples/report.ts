/** The file that the laboratory stores, and its SHA-256. */
export const REPORT_TEXT =
  "Test report KD-2026-0417\nSample: infant formula, stage 3, lot KD-2609\nResult: conformant\n";
export const REPORT_DIGEST = "2d90b2296da7e3c069b303a98cc48673521df40261bedef2e2217eb345a19f15";
