//! Somebody between the door and the provider, who changes answers as a script says.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode, header};
use vestibule::{
    HttpClient, HttpError,
    core::{Limits, http_client::Answer},
};
use vestibule_provider::DevelopmentProvider;

/// The provider, and what becomes of its next answers.
#[derive(Clone)]
pub(super) struct Meddler {
    provider: DevelopmentProvider,
    planned: Arc<Mutex<VecDeque<Meddling>>>,
}

/// What becomes of one answer.
#[derive(Debug)]
enum Meddling {
    Nothing,
    /// The question does not arrive.
    Refused,
    /// The answer does not arrive.
    Lost,
    Status(u16),
    Header(HeaderName, Vec<u8>),
    /// Another body.
    Body(Vec<u8>),
    /// The byte at a place, another.
    Byte(usize, u8),
    /// The rest is missing.
    Cut(usize),
    /// Something comes before the end.
    Inserted(usize, Vec<u8>),
}

const HEADERS: [HeaderName; 6] =
    [header::CONTENT_TYPE, header::CACHE_CONTROL, header::ETAG, header::AGE, header::EXPIRES, header::LOCATION];

impl Meddler {
    pub(super) fn new(provider: DevelopmentProvider) -> Self {
        Self { provider, planned: Arc::default() }
    }

    /// Plans what becomes of one more answer.
    pub(super) fn plan(&self, script: &mut Unstructured<'_>) -> Result<()> {
        let meddling = Meddling::read(script)?;
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).push_back(meddling);
        Ok(())
    }

    fn next(&self) -> Meddling {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).pop_front().unwrap_or(Meddling::Nothing)
    }
}

impl Meddling {
    fn read(script: &mut Unstructured<'_>) -> Result<Self> {
        Ok(match script.int_in_range(0..=9)? {
            0 => Self::Refused,
            1 => Self::Lost,
            2 => Self::Status(*script.choose(&[200, 201, 204, 302, 304, 400, 401, 403, 404, 429, 500, 503])?),
            3 => Self::Header(script.choose(&HEADERS)?.clone(), some_bytes(script, 64)?),
            4 => Self::Body(some_bytes(script, 512)?),
            5 | 6 => Self::Byte(script.int_in_range(0..=2_047)?, script.arbitrary()?),
            7 => Self::Cut(script.int_in_range(0..=1_023)?),
            8 => Self::Inserted(script.int_in_range(0..=1_023)?, some_bytes(script, 64)?),
            _ => Self::Nothing,
        })
    }

    fn applied(self, mut response: Response<Bytes>) -> Response<Bytes> {
        let mut body = response.body().to_vec();
        match self {
            Self::Status(status) => *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default(),
            Self::Header(name, value) => {
                if let Ok(value) = HeaderValue::from_bytes(&value) {
                    response.headers_mut().insert(name, value);
                }
            }
            Self::Body(other) => body = other,
            Self::Byte(at, other) => {
                if let Some(byte) = body.get_mut(at) {
                    *byte = other;
                }
            }
            Self::Cut(at) => body.truncate(at),
            Self::Inserted(at, piece) => {
                let at = at.min(body.len());
                drop(body.splice(at..at, piece));
            }
            Self::Nothing | Self::Refused | Self::Lost => {}
        }
        *response.body_mut() = Bytes::from(body);
        response
    }
}

impl HttpClient for Meddler {
    fn send(&self, request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        Box::pin(async move {
            match self.next() {
                Meddling::Refused => Err(HttpError::Connect(Box::new(io::Error::other("refused")))),
                Meddling::Lost => {
                    drop(self.provider.send(request, limits).await);
                    Err(HttpError::Timeout(Box::new(io::Error::other("lost"))))
                }
                meddling => Ok(meddling.applied(self.provider.send(request, limits).await?)),
            }
        })
    }
}

/// At most so many bytes of the script.
pub(super) fn some_bytes(script: &mut Unstructured<'_>, most: usize) -> Result<Vec<u8>> {
    let length = script.int_in_range(0..=most)?.min(script.len());
    Ok(script.bytes(length)?.to_vec())
}
