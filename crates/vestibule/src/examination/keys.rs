//! The keys that the provider publishes: how many, what for, and which of them are of no use.

use serde_json::Value;
use vestibule_core::{Client, JwkSet, ProviderMetadata, discovery::KeysRequest, jose::jwk::SkipReason};

use super::{Code, Finding, provider::Learnt, words};
use crate::{
    error::chain,
    provider::{ConnectedProvider, ProviderError},
};

/// So many keys are described one by one.
const MOST_SHOWN: usize = 8;

pub(super) async fn examine(
    provider: &ConnectedProvider,
    metadata: &ProviderMetadata,
    client: Option<&Client>,
    learnt: &mut Learnt,
) {
    if client.is_some_and(|client| !client.needs_provider_keys()) {
        let found = "no key of the provider's is needed: its tokens are signed with the client secret";
        return learnt.find(Finding::new(Code::KeysNotNeeded, found));
    }
    let probe = provider.probe(KeysRequest::new(metadata)).await;
    learnt.hear(probe.ahead);
    let unavailable = |what: String| {
        Finding::new(Code::KeysUnavailable, what).with_remedy(
            "nobody can sign in without them: open the address in a browser, and tell whoever runs the provider",
        )
    };
    let body = match &probe.answer {
        Ok(answer) => answer.body(),
        Err(error) => {
            let why = words::reason(&chain(error.as_ref()));
            return learnt.find(unavailable(format!("the keys at {} cannot be had: {why}", probe.url)));
        }
    };
    match &probe.read {
        Some(Ok(keys)) => {
            learnt.find(published(&probe.url, keys, &described(body)));
            learnt.findings.extend(of_no_use(keys));
            learnt.findings.extend(none_fits(keys, client));
        }
        Some(Err(ProviderError::Unavailable(unavailable_now))) => {
            learnt.find(unavailable(format!("the keys at {} cannot be had: {unavailable_now}", probe.url)));
        }
        Some(Err(error)) => {
            let why = words::reason(&chain(error));
            learnt.find(unavailable(format!("what {} answered is no key set: {why}", probe.url)));
        }
        None => {}
    }
}

fn published(url: &str, keys: &JwkSet, described: &str) -> Finding {
    let sign = words::counted(keys.len(), "key");
    let encrypt = match keys.encryption_keys().len() {
        0 => String::new(),
        count => format!(", {} to encrypt with", words::counted(count, "key")),
    };
    Finding::new(Code::Keys, format!("{url} has {sign} that can check signatures{encrypt}: {described}"))
}

/// Each key in short, as it says of itself what it is.
fn described(body: &[u8]) -> String {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    let keys = document.get("keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let one = |key: &Value| {
        let member = |name: &str| key.get(name).and_then(Value::as_str);
        let kid = member("kid").map_or_else(|| "no kid".to_owned(), |kid| format!("kid {}", words::quoted(kid)));
        let said: Vec<String> = ["kty", "crv", "alg", "use"]
            .into_iter()
            .filter_map(|name| member(name).map(|value| format!("{name} {}", words::quoted(value))))
            .collect();
        format!("{kid} ({})", said.join(", "))
    };
    let shown: Vec<String> = keys.iter().take(MOST_SHOWN).map(one).collect();
    match keys.len().saturating_sub(MOST_SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}

fn of_no_use(keys: &JwkSet) -> Vec<Finding> {
    let (private, others): (Vec<_>, Vec<_>) =
        keys.skipped().iter().partition(|skipped| skipped.reason == SkipReason::Private);
    let named = |kid: &Option<String>| kid.as_deref().map_or_else(|| "one without kid".to_owned(), words::quoted);
    let mut findings = Vec::new();
    if !private.is_empty() {
        let kids: Vec<String> = private.iter().take(MOST_SHOWN).map(|key| named(&key.kid)).collect();
        findings.push(
            Finding::new(
                Code::KeysPrivate,
                format!("the key set has private or symmetric keys, for all to see: {}", kids.join(", ")),
            )
            .with_remedy("they are not used here; tell whoever runs the provider at once: anybody can sign with them"),
        );
    }
    if !others.is_empty() {
        let kids: Vec<String> =
            others.iter().take(MOST_SHOWN).map(|key| format!("{} ({})", named(&key.kid), key.reason)).collect();
        findings.push(
            Finding::new(
                Code::KeysSkipped,
                format!("{} of no use to this application: {}", words::counted(others.len(), "key"), kids.join(", ")),
            )
            .with_remedy(
                "nothing, as long as another key fits; weak and malformed ones are for whoever runs the provider",
            ),
        );
    }
    findings
}

fn none_fits(keys: &JwkSet, client: Option<&Client>) -> Option<Finding> {
    let algorithm = client?.verifies_id_tokens_with();
    if algorithm.is_symmetric() || keys.has_key_for(algorithm) {
        return None;
    }
    let found = format!("ID Tokens are to be signed with {algorithm}, and no published key can check that");
    Some(Finding::new(Code::KeysNoneFits, found).with_remedy(
        "set id_token_signed_response_alg to what the provider signs with for this client (its keys above say what they are for)",
    ))
}
