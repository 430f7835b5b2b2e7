//! Whose thread this is: all of them are the user's.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadRole {
    User,
    Engine,
    Callback,
}

pub fn role() -> ThreadRole {
    ThreadRole::User
}

/// Time does not pass here: whoever stays awake for a moment finds what there is.
pub fn linger(_: std::time::Duration, mut ready: impl FnMut() -> bool) -> bool {
    ready()
}
