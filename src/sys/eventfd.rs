//! A descriptor that becomes readable when it is raised and stays so until it is cleared:
//! `eventfd` on Linux, a pipe elsewhere. Raising is async-signal-safe.

use std::{
    io,
    os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
    time::{Duration, Instant},
};

/// A level-triggered, non-blocking, close-on-exec event.
#[derive(Debug)]
pub struct EventFd {
    read: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    write: OwnedFd,
}

impl EventFd {
    /// A new, lowered event.
    #[cfg(target_os = "linux")]
    pub fn new() -> io::Result<Self> {
        // SAFETY: takes no pointers.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        Ok(Self { read: own(fd)? })
    }

    /// A new, lowered event.
    #[cfg(not(target_os = "linux"))]
    pub fn new() -> io::Result<Self> {
        let mut ends = [-1; 2];
        // SAFETY: `ends` has room for the two descriptors.
        if unsafe { libc::pipe(ends.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let (read, write) = (own(ends[0])?, own(ends[1])?);
        for fd in [&read, &write] {
            // SAFETY: the descriptor is open and owned here.
            unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
            // SAFETY: as above.
            unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
        }
        Ok(Self { read, write })
    }

    /// Makes it readable. Async-signal-safe: one `write`, which cannot block.
    pub fn raise(&self) {
        #[cfg(target_os = "linux")]
        let target = self.read.as_raw_fd();
        #[cfg(not(target_os = "linux"))]
        let target = self.write.as_raw_fd();
        let one: u64 = 1;
        // SAFETY: the buffer is eight readable bytes; the descriptor is open as long as `self`.
        // A full counter or pipe means it is readable already, so the outcome does not matter.
        unsafe { libc::write(target, (&raw const one).cast(), size_of::<u64>()) };
    }

    /// Makes it unreadable again.
    pub fn clear(&self) {
        let mut sink = [0_u8; 64];
        loop {
            // SAFETY: the buffer is 64 writable bytes; the descriptor is open and non-blocking.
            let got = unsafe { libc::read(self.read.as_raw_fd(), sink.as_mut_ptr().cast(), sink.len()) };
            // An eventfd is empty after one read; a pipe may need more.
            if got < 64 {
                return;
            }
        }
    }

    /// The descriptor to poll; borrowed.
    pub fn fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }
}

fn own(fd: RawFd) -> io::Result<OwnedFd> {
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: a fresh descriptor that nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sleeps until one of two events is raised or the moment comes. Interrupted sleeps and stale
/// wake-ups return early, so callers check their condition in a loop.
pub(super) fn poll_two(first: &EventFd, second: &EventFd, until: Option<Instant>) {
    let mut events =
        [first, second].map(|event| libc::pollfd { fd: event.fd(), events: libc::POLLIN, revents: 0 });
    let left = until.map(|until| {
        let left = until.saturating_duration_since(Instant::now());
        // `ppoll` takes nanoseconds but may round down; never wake early for a fraction.
        timespec(left.saturating_add(Duration::from_nanos(1)))
    });
    let timeout = left.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: two initialised entries; the timeout is null or points to `left`, alive here.
    unsafe { libc::ppoll(events.as_mut_ptr(), 2, timeout, std::ptr::null()) };
}

fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(duration.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}
