use bytes::Bytes;
use http::{Request, Response, StatusCode};
use vestibule_provider::{DevelopmentProvider, Fault};

use crate::party::{provider, send};

const DOCUMENTS: [&str; 2] = ["http://127.0.0.1:3001/.well-known/openid-configuration", "http://127.0.0.1:3001/jwks"];

async fn get(provider: &DevelopmentProvider, url: &str, known: &str) -> Response<Bytes> {
    send(provider, Request::get(url).header("if-none-match", known), "").await
}

fn tag(answer: &Response<Bytes>) -> String {
    answer.headers()["etag"].to_str().expect("ASCII").to_owned()
}

#[tokio::test]
async fn nothing_is_said_about_caching_unless_wanted() {
    for url in DOCUMENTS {
        let answer = get(&provider(), url, "*").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.headers().contains_key("cache-control") && !answer.headers().contains_key("etag"));
    }
}

#[tokio::test]
async fn a_document_that_is_known_is_not_sent_again() {
    let provider = provider().cache_for(600);
    for url in DOCUMENTS {
        let first = get(&provider, url, "").await;
        assert_eq!(
            (first.status(), &first.headers()["cache-control"]),
            (StatusCode::OK, &"max-age=600".parse().expect("a header"))
        );
        let again = get(&provider, url, &tag(&first)).await;
        assert_eq!((again.status(), again.body().len(), tag(&again)), (StatusCode::NOT_MODIFIED, 0, tag(&first)));
        assert_eq!(again.headers()["cache-control"], "max-age=600");
    }
}

#[tokio::test]
async fn a_document_that_changed_is_sent() {
    let provider = provider().cache_for(600);
    let [metadata, keys] = DOCUMENTS;
    let known = tag(&get(&provider, keys, "").await);
    provider.rotate_keys();
    assert_eq!(get(&provider, keys, &known).await.status(), StatusCode::OK);
    let known = tag(&get(&provider, metadata, "").await);
    provider.set_fault(Some(Fault::MetadataIssuerMismatch));
    assert_eq!(get(&provider, metadata, &known).await.status(), StatusCode::OK);
}
