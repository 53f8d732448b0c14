//! Which errors may pass, and that none tells a secret.

use redis::make_extension_error;

use super::*;

fn of_server(code: &str, detail: &str) -> Trouble {
    make_extension_error(code.to_owned(), Some(detail.to_owned())).into()
}

#[test]
fn what_may_pass_by_itself_is_transient() {
    for code in [
        "LOADING",
        "BUSY",
        "READONLY",
        "OOM",
        "MASTERDOWN",
        "TRYAGAIN",
        "CLUSTERDOWN",
        "MISCONF",
        "NOREPLICAS",
        "UNKILLABLE",
    ] {
        assert!(StoreError::from(of_server(code, "..")).is_transient(), "{code}");
    }
    for kind in [
        io::ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::TimedOut,
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::NotFound,
    ] {
        assert!(StoreError::from(Trouble::from(RedisError::from(io::Error::from(kind)))).is_transient(), "{kind}");
    }
    let full = of_server("ERR", "max number of clients reached");
    assert!(matches!(full, Trouble::Busy(_)), "{full:?}");
}

#[test]
fn what_somebody_must_mend_is_permanent() {
    for code in
        ["WRONGPASS", "NOAUTH", "NOPERM", "MOVED", "ASK", "CROSSSLOT", "WRONGTYPE", "FOREIGN", "ERR", "WHATEVER"]
    {
        assert!(!StoreError::from(of_server(code, "..")).is_transient(), "{code}");
    }
    let refused =
        RedisError::from(io::Error::new(io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer"));
    assert_eq!(Trouble::from(refused), Trouble::Tls("invalid peer certificate: UnknownIssuer".to_owned()));
    let socket = RedisError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    assert!(matches!(Trouble::from(socket), Trouble::Socket(_)));
    let script = of_server("ERR", "The user executing the script can't run this command or subcommand script: 0af3");
    assert!(matches!(script, Trouble::Forbidden(_)), "{script:?}");
}

/// Redis 6.2 gives every error inside of a script the code `ERR`.
#[test]
fn an_error_inside_of_a_script_is_what_it_is_in_every_version() {
    let place = "Error running script (call to f_9282fe9cd1ad17b421df71a1d74837df7d50241a): @user_script:20: @user_script: 20: ";
    let of_script = |said: &str| of_server("ERR", &format!("{place}{said}"));
    for said in [
        "-READONLY You can't write against a read only replica.",
        "-OOM command not allowed when used memory > 'maxmemory'.",
        "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "NOREPLICAS Not enough good replicas to write.",
    ] {
        assert!(StoreError::from(of_script(said)).is_transient(), "{said}");
    }
    let foreign = of_server(
        "ERR",
        "Error running script (call to f_83ef2a0af24c15b8be9a413b6beb7f72f64ae3de): @user_script:19: WRONGTYPE Operation against a \
         key holding the wrong kind of value",
    );
    assert!(matches!(foreign, Trouble::ForeignRecord(_)), "{foreign:?}");
    let forbidden = of_script("The user executing the script can't run this command or subcommand");
    assert!(matches!(forbidden, Trouble::Forbidden(_)), "{forbidden:?}");
    let elsewhere = of_server("ERR", "@user_script: 20: -READONLY");
    assert!(matches!(elsewhere, Trouble::Said(_)), "{elsewhere:?}");
    let whatever = of_server("WHATEVER", &format!("{place}-READONLY"));
    assert!(matches!(whatever, Trouble::Said(_)), "{whatever:?}");
}

/// V69: a server that knows no HELLO says back what it was asked, and the password was a part of it.
#[test]
fn a_password_that_the_server_repeats_is_not_repeated_by_us() {
    let error = of_server("ERR", "unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `me`, `hunter2`, ");
    let printed = format!("{error} {error:?}");
    assert!(printed.contains("unknown command `HELLO`") && !printed.contains("hunter2"), "{printed}");
}

#[test]
fn what_the_server_says_stays_on_one_short_line() {
    let Trouble::Said(said) = of_server("ERR", &format!("a\r\nb\u{1b}[31m{}", "x".repeat(1000))) else {
        panic!("another error");
    };
    assert!(said.len() <= 200 && !said.contains(char::is_control), "{said}");
}
