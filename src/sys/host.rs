//! The name of this machine.

use std::ffi::CStr;

/// The name of this machine as the system has it (`socket.gethostname()`), `localhost` where it has none.
pub fn host_name() -> String {
    // One byte is never written, so that the text ends even where it was cut off.
    let mut name = [0_u8; 257];
    // SAFETY: the buffer is ours, and one byte longer than what may be written.
    let failed = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) } != 0;
    let text = CStr::from_bytes_until_nul(&name).map(CStr::to_string_lossy).unwrap_or_default();
    if failed || text.is_empty() { "localhost".to_owned() } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_a_name() {
        assert!(!host_name().is_empty());
    }
}
