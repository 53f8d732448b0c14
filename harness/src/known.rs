//! The tokens among the seeds that somebody with the key made: nobody else can make another.

/// Each is one line.
pub(crate) const SIGNED: [&str; 2] =
    [include_str!("../seeds/jws/accepted-es256"), include_str!("../seeds/jws/accepted-hs256")];

pub(crate) const ENCRYPTED: [&str; 4] = [
    include_str!("../seeds/jwe/accepted-ecdh-es-a128kw"),
    include_str!("../seeds/jwe/accepted-a256gcmkw"),
    include_str!("../seeds/jwe/accepted-a128kw"),
    include_str!("../seeds/jwe/accepted-dir"),
];

/// Cookie headers with a session.
pub(crate) const SESSIONS: [&str; 2] =
    [include_str!("../seeds/cookies/accepted-session"), include_str!("../seeds/cookies/accepted-two-chunks")];
