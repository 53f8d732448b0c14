//! Opening the person's browser, as well as it goes: a machine without one is no reason to stop.

use std::process::{Command, Stdio};

/// Asks the desktop to show a page.
pub(crate) fn open(url: &str) {
    let mut command = opener(url);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let url = url.to_owned();
    // It ends when it likes; a thread of its own waits for that, so that nothing else has to.
    std::thread::spawn(move || match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::info!(%url, %status, "the browser did not open; please open the address yourself"),
        Err(error) => tracing::info!(%url, %error, "the browser did not open; please open the address yourself"),
    });
}

#[cfg(target_os = "macos")]
fn opener(url: &str) -> Command {
    let mut command = Command::new("open");
    command.arg(url);
    command
}

#[cfg(windows)]
fn opener(url: &str) -> Command {
    let mut command = Command::new("cmd");
    // `start` takes its first quoted argument for a window title.
    command.args(["/C", "start", "", url]);
    command
}

#[cfg(not(any(target_os = "macos", windows)))]
fn opener(url: &str) -> Command {
    let mut command = Command::new("xdg-open");
    command.arg(url);
    command
}
