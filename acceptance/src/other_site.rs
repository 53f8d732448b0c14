//! A site that is not ours, with a page that would like to sign people out of ours.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

use crate::Failure;

/// A site with one page. It closes when this is dropped.
#[derive(Debug)]
pub struct OtherSite {
    port: u16,
    serving: JoinHandle<()>,
}

impl OtherSite {
    /// Serves this page at every address.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn with_page(html: String) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{html}",
            html.len()
        );
        let serving = tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let answer = answer.clone();
                tokio::spawn(async move {
                    // A request fits into one read here; whoever hangs up early has seen enough.
                    let _ = connection.read(&mut [0; 4096]).await;
                    let _ = connection.write_all(answer.as_bytes()).await;
                });
            }
        });
        Ok(Self { port, serving })
    }

    /// Its address under this name of the machine.
    pub fn address(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }
}

impl Drop for OtherSite {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
