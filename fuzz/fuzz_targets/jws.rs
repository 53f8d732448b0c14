#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::runner::under_fuzzer("jws", data));
