//! A second static library made by Rust, to be linked beside ours into one program.

/// 1 when a panic was caught here, as it must be.
#[unsafe(no_mangle)]
pub extern "C" fn other_catches_a_panic() -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    i32::from(std::panic::catch_unwind(|| panic!("on purpose")).is_err())
}
