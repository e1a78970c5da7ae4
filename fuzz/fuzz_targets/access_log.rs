#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| gateline_fuzz::access_log(input));
