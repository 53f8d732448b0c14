//! The way from the application to the provider: a function call, with a certificate below it where the request wants one.

use axum::body::Bytes;
use http::Request;
use vestibule::{
    HttpClient,
    core::{
        Limits,
        http_client::{Answer, ClientCertificate},
    },
};
use vestibule_provider::{DevelopmentProvider, PresentedCertificate};

/// An HTTP client that knows one provider and, maybe, a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) op: DevelopmentProvider,
    pub(crate) certificate: Option<PresentedCertificate>,
}

impl HttpClient for Wire {
    fn send(&self, mut request: Request<Bytes>, limits: Limits) -> Answer<'_> {
        let wants_certificate = request.extensions().get::<ClientCertificate>().is_some();
        if let (true, Some(certificate)) = (wants_certificate, &self.certificate) {
            request.extensions_mut().insert(certificate.clone());
        }
        self.op.send(request, limits)
    }
}
