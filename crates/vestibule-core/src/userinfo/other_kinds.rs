//! What userinfo is not. It has no name of its own to say what it is, and neither have claims from elsewhere: what only the other kinds
//! of token have tells them apart (RFC 8725 3.12, V47).

use serde_json::{Map, Value};

/// An ID Token of a login has a nonce and may have hashes, a logout token has events, and a request object says what it asks for.
const NEVER_USERINFO: [&str; 6] = ["nonce", "at_hash", "c_hash", "s_hash", "events", "response_type"];

/// Of a sign-in, which is what an ID Token is about (Core 2). Somebody's userinfo may have each of these, since a claim may be asked
/// for there by name (Core 5.5); providers that sign it let it expire, or speak of the sign-in, and not both.
const OF_A_SIGN_IN: [&str; 3] = ["auth_time", "azp", "sid"];

/// The claim by which a token is known to be neither userinfo nor claims from elsewhere.
///
/// A refreshed ID Token that has no more than what is required of one (Core 2) and claims about the person is not told from userinfo
/// that says when it was made and when it expires: nothing in it differs. It is the provider's word, to us, about the same person.
pub(super) fn telling_claim(claims: &Map<String, Value>) -> Option<&'static str> {
    let has = |claim: &&str| claims.contains_key(*claim);
    let of_a_sign_in = || OF_A_SIGN_IN.into_iter().find(has).filter(|_| has(&"exp"));
    // JARM 2.1: an authorization response.
    let of_a_response = || Some("code").filter(|code| has(code) && has(&"state"));
    // RFC 7523 3 (2): who proves who they are speaks of nobody else.
    let of_an_assertion = || Some("sub").filter(|sub| has(sub) && claims.get(*sub) == claims.get("iss"));
    NEVER_USERINFO.into_iter().find(has).or_else(of_a_sign_in).or_else(of_a_response).or_else(of_an_assertion)
}
