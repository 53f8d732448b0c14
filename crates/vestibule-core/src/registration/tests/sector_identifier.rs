//! The document that the provider fetches of us.

use super::*;

/// R103
#[test]
fn the_document_has_exactly_the_redirect_uris_that_are_asked_for() {
    let client = ClientMetadata::new("Photo Album").redirect_uri("https://other.example.com/callback");
    let request = request_of(&client, &metadata(json!({})));
    let document = request.sector_identifier_document();
    let served: Value = serde_json::from_slice(&document.to_json()).expect("JSON");
    assert_eq!(served, json!([REDIRECT_URI, "https://other.example.com/callback"]));
    let asked: Value = serde_json::from_slice(&request.asked()).expect("JSON");
    assert_eq!(served, asked["redirect_uris"]);
}

/// R103, Registration 5
#[test]
fn a_document_without_one_of_the_redirect_uris_does_not_vouch_for_them() {
    let document = SectorIdentifierDocument::from_json(br#"["https://a.example/c", "https://b.example/c"]"#);
    let document = document.expect("a document");
    assert_eq!(document.check(["https://b.example/c", "https://a.example/c"]), Ok(()));
    for other in ["https://a.example/c/", "https://A.example/c", "https://c.example/c"] {
        let refused = InvalidSectorIdentifier::Missing { redirect_uri: Excerpt::new(other) };
        assert_eq!(document.check(["https://a.example/c", other]), Err(refused));
    }
    for bad in [&b"{}"[..], b"[1]", b"", b"\"https://a.example/c\"", b"[] x"] {
        assert_eq!(SectorIdentifierDocument::from_json(bad), Err(InvalidSectorIdentifier::NotAnArray));
    }
}

/// V81: whatever an address has, it stays a string of the array.
#[test]
fn nothing_breaks_out_of_the_document() {
    let awkward = "https://a.example/\"],<script>\\\n";
    let document = SectorIdentifierDocument::new([awkward, awkward]);
    assert_eq!(serde_json::from_slice::<Value>(&document.to_json()).expect("JSON"), json!([awkward]));
}
