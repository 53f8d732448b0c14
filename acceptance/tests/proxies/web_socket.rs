//! A WebSocket's way through the proxies: the handshake, then bytes in both directions.

use acceptance::{
    Failure,
    demo::at_a_free_place,
    person::Person,
    proxy::{Certificate, HOST, Kind, settings},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

#[tokio::test]
async fn a_web_socket_gets_through_each_proxy() -> Result<(), Failure> {
    for kind in [Kind::Nginx, Kind::Caddy] {
        let Some(program) = kind.program()? else { continue };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = tokio::spawn(async move { answer(listener.accept().await?.0).await });
        let (certificate, settings) = (Certificate::new()?, settings(kind.name())?);
        let (port, _proxy) = at_a_free_place(|place| {
            Ok((place.port, kind.start(&program, &settings, place.port, [address; 2], &certificate)?))
        })?;
        let person = Person::who_trusts(certificate.authority(), HOST, acceptance::person::Version::Http1)?;
        let mut socket = person.upgraded(&format!("https://{HOST}:{port}/live/socket")).await?;
        socket.write_all(b"hello").await?;
        let mut heard = [0; 5];
        socket.read_exact(&mut heard).await?;
        assert_eq!(&heard, b"olleh", "{kind:?}");
        serving.await??;
    }
    Ok(())
}

/// The shortest server that switches protocols: five bytes come back in reverse.
async fn answer(mut stream: TcpStream) -> Result<(), Failure> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head)?.to_ascii_lowercase();
    assert!(head.contains("\r\nupgrade: websocket\r\n") && head.contains("\r\nconnection: upgrade\r\n"), "{head}");
    stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n").await?;
    let mut said = [0; 5];
    stream.read_exact(&mut said).await?;
    said.reverse();
    Ok(stream.write_all(&said).await?)
}
