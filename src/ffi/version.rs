//! Which version of the library is loaded, and whether it fits the header a program was built
//! with. The header's own numbers are made by the build script.

use super::{boundary::Call, status::celery_status_t};
use crate::model::{Error, Result, Status};
use std::ffi::c_char;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// Gives the version of the loaded library, as "0.1.0".
///
/// @return static text, never NULL.
/// Ownership: static; never free it.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_version() -> *const c_char {
    VERSION.as_ptr().cast()
}

/// Gives the version of the loaded library as a number: major * 10000 + minor * 100 + patch.
///
/// @return the number; compare it with CELERY_VERSION_NUMBER of the header.
/// Ownership: nothing to free.
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_version_number() -> u32 {
    number(env!("CARGO_PKG_VERSION"))
}

/// Checks that the loaded library can serve a program built with a header of this version: the
/// same major version (before 1.0 the same minor version too), and not older than the header.
///
/// @param header_number CELERY_VERSION_NUMBER, as the program was compiled with it.
/// @param err nullable.
/// @return CELERY_OK; CELERY_ERR_INVALID_ARGUMENT when they do not fit, with both versions in the
/// message.
/// Ownership: free *err with celery_error_free().
/// Threads: any number of threads at once.
/// Blocks: never.
/// Since: 0.1
#[unsafe(no_mangle)]
pub unsafe extern "C" fn celery_check_version(
    header_number: u32,
    err: *mut *mut super::error::celery_error_t,
) -> celery_status_t {
    // SAFETY: the caller keeps the contract of the header.
    unsafe { Call::new("celery_check_version", err) }
        .run(|_| check(header_number, number(env!("CARGO_PKG_VERSION"))))
}

fn check(header: u32, library: u32) -> Result<()> {
    let family = |number: u32| if number < 10_000 { number / 100 } else { number / 10_000 * 100 };
    if family(header) == family(library) && header <= library {
        return Ok(());
    }
    let message = format!(
        "the program was built with the header of version {}, the library is version {}",
        spelled(header),
        spelled(library)
    );
    Err(Error::new(Status::InvalidArgument, message))
}

fn spelled(number: u32) -> String {
    format!("{}.{}.{}", number / 10_000, number / 100 % 100, number % 100)
}

fn number(version: &str) -> u32 {
    let numeric = version.split(['-', '+']).next().unwrap_or_default();
    numeric.split('.').fold(0, |sum, part| sum * 100 + part.parse::<u32>().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_composed_of_two_digits_each() {
        assert_eq!(number("0.1.0"), 100);
        assert_eq!(number("1.2.3"), 10_203);
        assert_eq!(number("12.34.56-rc.1"), 123_456);
    }

    #[test]
    fn a_header_fits_the_same_family_not_newer_than_the_library() {
        let fits = |header, library| check(header, library).is_ok();
        assert!(fits(100, 100) && fits(100, 105) && fits(10_203, 10_400));
        assert!(!fits(105, 100) && !fits(100, 200) && !fits(10_000, 20_000) && !fits(900, 10_000));
        assert!(!fits(0, 100));
    }
}
