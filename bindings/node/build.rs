//! Node is not there to link to; macOS wants to be told.

fn main() {
    napi_build::setup();
}
