//! Chromium, driven as a person drives it: what can be seen is pressed, and what happens is waited for.

use std::{
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver, WindowHandle,
    prelude::WebDriverResult,
};

use crate::{Failure, folder::Folder, parts, process::Process, wait::until};

/// A browser with a profile of its own. Everything that was started for it ends when it is dropped.
#[derive(Debug)]
pub struct Chromium {
    driver: WebDriver,
    _service: Chromedriver,
}

/// What becomes of another site's cookies in its frames ("third-party cookies").
#[derive(Clone, Copy, Debug)]
pub enum CookiesInFrames {
    /// They go with its requests, and its scripts see them, unless they are `SameSite`.
    Sent,
    /// Neither; frames get cookies of their own, which no other page sees.
    Withheld,
}

/// How long a browser may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// Without a screen, as root if need be, and without asking anybody on the network for anything.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
];

impl Chromium {
    /// A new browser, or `None` on a machine without one.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub async fn start() -> Result<Option<Self>, Failure> {
        Self::with_preferences(json!({})).await
    }

    /// The same, which sends cookies to frames of other sites, or does not: unless told, that depends on its version.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub async fn with(cookies_in_frames: CookiesInFrames) -> Result<Option<Self>, Failure> {
        let (mode, blocks) = match cookies_in_frames {
            CookiesInFrames::Sent => (0, false),
            CookiesInFrames::Withheld => (1, true),
        };
        Self::with_preferences(json!({
            "profile.cookie_controls_mode": mode,
            "profile.block_third_party_cookies": blocks,
        }))
        .await
    }

    /// The same for a person who blocks the cookies of this host.
    ///
    /// # Errors
    /// When there has to be one, or it does not start.
    pub async fn without_cookies_of(host: &str) -> Result<Option<Self>, Failure> {
        const BLOCKED: u8 = 2;
        let exceptions = json!({format!("{host},*"): {"setting": BLOCKED}});
        Self::with_preferences(json!({"profile.content_settings.exceptions.cookies": exceptions})).await
    }

    async fn with_preferences(preferences: Value) -> Result<Option<Self>, Failure> {
        let Some(browser) = parts::program(&["chromium", "chromium-browser", "google-chrome"])? else {
            return Ok(None);
        };
        let Some(service) = Chromedriver::start()? else { return Ok(None) };
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(&browser.to_string_lossy())?;
        for flag in FLAGS {
            capabilities.add_arg(flag)?;
        }
        capabilities.add_arg(&service.profile_flag())?;
        capabilities.add_experimental_option("prefs", preferences)?;
        capabilities.set_logging_prefs("browser", LoggingPrefsLogLevel::All)?;
        capabilities.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", service.port), capabilities).await?;
        Ok(Some(Self { driver, _service: service }))
    }

    /// Types an address.
    ///
    /// # Errors
    /// When the browser cannot go there.
    pub async fn open(&self, address: &str) -> Result<(), Failure> {
        Ok(self.driver.goto(address).await?)
    }

    /// Presses the first button or link on which this can be read.
    ///
    /// # Errors
    /// When there is none by the deadline.
    pub async fn press(&self, label: &str) -> Result<(), Failure> {
        let which = format!("//*[self::a or self::button][contains(normalize-space(.), '{label}')]");
        until(&format!("something to press that says {label:?}"), async || {
            let found = self.driver.find(By::XPath(which.as_str())).await?;
            Ok(Ok(found.click().await?))
        })
        .await
    }

    /// Types into the field of this name.
    ///
    /// # Errors
    /// When there is none.
    pub async fn type_into(&self, field: &str, text: &str) -> Result<(), Failure> {
        Ok(self
            .driver
            .find(By::Css(format!(":is(input, textarea)[name='{field}']:not([type='hidden'])")))
            .await?
            .send_keys(text)
            .await?)
    }

    /// Waits until the page of this address is there, and says what it shows.
    ///
    /// # Errors
    /// At the deadline, with where the browser is instead.
    pub async fn arrival_at(&self, address: &str) -> Result<String, Failure> {
        until(address, async || {
            let (at, text) = (self.address().await?, self.text().await?);
            Ok(if at == address { Ok(text) } else { Err(format!("{at}: {text}")) })
        })
        .await
    }

    /// Waits until a page shows this, and says all that it shows.
    ///
    /// # Errors
    /// At the deadline, with what it shows instead.
    pub async fn sight_of(&self, wanted: &str) -> Result<String, Failure> {
        until(&format!("a page with {wanted:?}"), async || {
            let text = self.text().await?;
            Ok(if text.contains(wanted) { Ok(text) } else { Err(text) })
        })
        .await
    }

    /// What the page shows, once it is there.
    ///
    /// # Errors
    /// When there is no page.
    pub async fn text(&self) -> Result<String, Failure> {
        let script = "return document.readyState === 'complete' ? document.body.innerText : null";
        let shown = self.driver.execute(script, vec![]).await?.json().as_str().map(str::to_owned);
        shown.ok_or_else(|| "the page is still on its way".into())
    }

    /// Where the browser is.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn address(&self) -> Result<String, Failure> {
        Ok(self.driver.current_url().await?.to_string())
    }

    /// The value of an expression on the page.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluate(&self, expression: &str) -> Result<Value, Failure> {
        Ok(self.driver.execute(format!("return {expression}"), vec![]).await?.json().clone())
    }

    /// Goes on in the first frame of where it is now.
    ///
    /// # Errors
    /// When there is none.
    pub async fn enter_frame(&self) -> Result<(), Failure> {
        Ok(self.driver.find(By::Css("iframe")).await?.enter_frame().await?)
    }

    /// Goes on in the page itself.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn leave_frames(&self) -> Result<(), Failure> {
        Ok(self.driver.enter_default_frame().await?)
    }

    /// Goes back one page.
    ///
    /// # Errors
    /// When the browser does not do it.
    pub async fn back(&self) -> Result<(), Failure> {
        Ok(self.driver.back().await?)
    }

    /// Opens a new tab and goes on there.
    ///
    /// # Errors
    /// When the browser does not do it.
    pub async fn new_tab(&self) -> Result<WindowHandle, Failure> {
        let tab = self.driver.new_tab().await?;
        self.driver.switch_to_window(tab.clone()).await?;
        Ok(tab)
    }

    /// The tab that is in front.
    ///
    /// # Errors
    /// When the browser does not say.
    pub async fn tab(&self) -> Result<WindowHandle, Failure> {
        Ok(self.driver.window().await?)
    }

    /// Goes on in the tab that was opened last, if it is another one.
    ///
    /// # Errors
    /// When there is no other by the deadline.
    pub async fn turn_to_the_newest_tab(&self) -> Result<(), Failure> {
        until("another tab", async || {
            let (here, tabs) = (self.tab().await?, self.driver.windows().await?);
            match tabs.last().filter(|newest| **newest != here) {
                Some(newest) => Ok(Ok(self.turn_to(newest).await?)),
                None => Ok(Err(format!("{} tabs", tabs.len()))),
            }
        })
        .await
    }

    /// Goes on in another tab.
    ///
    /// # Errors
    /// When it is gone.
    pub async fn turn_to(&self, tab: &WindowHandle) -> Result<(), Failure> {
        Ok(self.driver.switch_to_window(tab.clone()).await?)
    }

    /// The addresses that this tab asked for since the last look, redirects included.
    ///
    /// # Errors
    /// When the browser does not say.
    pub async fn requests(&self) -> Result<Vec<String>, Failure> {
        let events = self.network_events().await?;
        let sent = events.iter().filter(|event| is_called(event, "Network.requestWillBeSent"));
        Ok(sent.filter_map(|event| Some(event.pointer("/params/request/url")?.as_str()?.to_owned())).collect())
    }

    /// The cookies that went with each request for an address with this beginning, since the last look.
    ///
    /// # Errors
    /// When the browser does not say.
    pub async fn cookies_sent_to(&self, beginning: &str) -> Result<Vec<String>, Failure> {
        let events = self.network_events().await?;
        let is_meant = |event: &&Value| {
            let url = event.pointer("/params/request/url").and_then(Value::as_str);
            is_called(event, "Network.requestWillBeSent") && url.is_some_and(|url| url.starts_with(beginning))
        };
        let id = |event: &Value| event.pointer("/params/requestId").cloned();
        let ids: Vec<Value> = events.iter().filter(is_meant).filter_map(id).collect();
        let sent = events.iter().filter(|event| is_called(event, "Network.requestWillBeSentExtraInfo"));
        let sent = sent.filter(|event| id(event).is_some_and(|id| ids.contains(&id)));
        let cookies =
            |event: &Value| event.pointer("/params/headers/Cookie").and_then(Value::as_str).map(str::to_owned);
        Ok(sent.map(|event| cookies(event).unwrap_or_default()).collect())
    }

    async fn network_events(&self) -> Result<Vec<Value>, Failure> {
        let entries = self.driver.get_log("performance").await?;
        let events = entries.iter().filter_map(|entry| serde_json::from_str::<Value>(&entry.message).ok());
        Ok(events.filter_map(|mut event| event.get_mut("message").map(Value::take)).collect())
    }

    /// What the console complained about since the last look.
    ///
    /// # Errors
    /// When the browser does not say.
    pub async fn complaints(&self) -> Result<Vec<String>, Failure> {
        let entries = self.driver.browser_log().await?;
        Ok(entries.into_iter().map(|entry| format!("{}: {}", entry.level, entry.message)).collect())
    }

    /// A command of the DevTools protocol.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn tell(&self, command: &str, parameters: Value) -> Result<Value, Failure> {
        let answer: WebDriverResult<Value> = self.driver.cdp().send_raw(command, parameters).await;
        Ok(answer?)
    }

    /// Takes a picture of what the window shows.
    ///
    /// # Errors
    /// When there is none, or no room for it.
    pub async fn screenshot(&self, file: &Path) -> Result<(), Failure> {
        Ok(self.driver.screenshot(file).await?)
    }

    /// Makes the window as large as this, with the colours that a person prefers.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn look_like(&self, width: u32, height: u32, colours: &str) -> Result<(), Failure> {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tell("Emulation.setDeviceMetricsOverride", metrics).await?;
        let features = json!({"features": [{"name": "prefers-color-scheme", "value": colours}]});
        self.tell("Emulation.setEmulatedMedia", features).await.map(|_| ())
    }
}

/// Whether the browser tells of this.
fn is_called(event: &Value, method: &str) -> bool {
    event.get("method").is_some_and(|name| name == method)
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The service ends the browser. The driver would ask for it too, over a connection that this thread would have to serve.
        let _ = self.driver.clone().leak();
    }
}

/// The service between us and the browser, and the browser's profile.
#[derive(Debug)]
struct Chromedriver {
    _process: Process,
    port: u16,
    profile: Folder,
}

impl Chromedriver {
    fn start() -> Result<Option<Self>, Failure> {
        let Some(program) = parts::program(&["chromedriver"])? else { return Ok(None) };
        let mut process = Process::start(Command::new(program).arg("--port=0"))?;
        let port = process.wait_for("its port", |line| {
            line.strip_prefix("ChromeDriver was started successfully on port ")?.trim_end_matches('.').parse().ok()
        })?;
        Ok(Some(Self { _process: process, port, profile: Folder::new()? }))
    }

    fn profile_flag(&self) -> String {
        format!("--user-data-dir={}", self.profile.path().display())
    }

    /// Asks it to end its browser and itself.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        connection.read_to_end(&mut Vec::new()).map(|_| ())
    }

    /// The ids of what still uses the profile that was made for this browser alone.
    fn remaining(&self) -> Vec<String> {
        let flag = self.profile_flag();
        let is_ours = |id: &String| {
            let command_line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            command_line.split(|byte| *byte == 0).any(|argument| argument == flag.as_bytes())
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().into_string().ok());
        ids.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(is_ours).collect()
    }
}

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        if self.shut_down().is_ok() {
            while !self.remaining().is_empty() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(20));
            }
        }
        for id in self.remaining() {
            // It may have ended in the meantime.
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    }
}
