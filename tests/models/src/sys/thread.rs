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
