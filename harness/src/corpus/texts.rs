//! What people type and write: identifiers, addresses, settings; and scripts of whole flows.

use super::Made;

pub(super) fn make(made: &mut Made) {
    identifiers(made);
    addresses(made);
    settings(made);
    scripts(made);
}

fn identifiers(made: &mut Made) {
    for (name, text) in [
        ("account", "joe@example.com"),
        ("acct", "acct:juliet%40capulet.example@shoppingsite.example.com"),
        ("host", "example.com:8080"),
        ("url", "https://example.com/joe?x=y"),
        ("http", "http://example.com/joe"),
        ("loopback", "joe@127.0.0.1:3001"),
        ("six", "https://[2001:db8::1]/joe"),
        ("unicode", "jos\u{e9}@b\u{fc}cher.example"),
        ("fragment", "joe@example.com#x"),
    ] {
        made.accepted("identifier", name, text);
    }
    for (name, text) in [
        ("empty", ""),
        ("xri", "=joe"),
        ("space", "joe @example.com"),
        ("backslash", "https:\\\\example.com"),
        ("scheme", "mailto:joe@example.com"),
        ("password", "https://joe:pw@example.com/"),
        ("port", "example.com:99999"),
    ] {
        made.refused("identifier", name, text);
    }
    made.refused("identifier", "long", "x".repeat(1_025));
}

fn addresses(made: &mut Made) {
    for (name, text) in [
        ("path", "/profile?tab=1"),
        ("home", "/"),
        ("dots", "/a/./b/../c"),
        ("unicode", "/caf\u{e9}?q=\u{1f600}"),
        ("slashes-inside", "/a//b?next=//evil.example"),
        ("fragment", "/a#b"),
        ("at", "/@evil.example"),
    ] {
        made.accepted("return_address", name, text);
    }
    for (name, text) in [
        ("two-slashes", "//evil.example"),
        ("backslash", "/\\evil.example"),
        ("tab", "/\t/evil.example"),
        ("dots", "/.//evil.example"),
        ("encoded-dots", "/%2e%2e//evil.example"),
        ("whole", "https://evil.example/"),
        ("ours-with-user", "https://app.example.com@evil.example/"),
        ("script", "javascript:alert(1)"),
        ("empty", ""),
        ("line-end", "/\r\nSet-Cookie: a=b"),
    ] {
        made.refused("return_address", name, text);
    }
    made.refused("return_address", "long", format!("/{}", "x".repeat(512)));
}

const SETTINGS: &str = r#"base_url = "http://localhost:3000"
secret_key = "c2l4dGVlbiBwbHVzIHNpeHRlZW4gaXMgMzIgYnl0ZXM"
"#;

const CORP: &str = r#"[provider.corp]
issuer = "http://127.0.0.1:3001"
client_id = "my-app"
client_secret = "CANARY, which is long enough for an HMAC of each kind that there is, I hope"
"#;

fn settings(made: &mut Made) {
    made.accepted("settings", "least", format!("{SETTINGS}{CORP}"));
    let session = "[session]\nlifetime = \"7d\"\nidle = \"12h\"\nsilent_renewal = \"15m\"\ntokens = \"discard\"\n";
    let asking = "scope = \"openid profile\"\nmax_age = 3600\nacr_values = [\"phr\"]\nclaims = { userinfo = { email = { essential = true } } }\n";
    made.accepted(
        "settings",
        "more",
        format!("{SETTINGS}{session}{CORP}{asking}id_token_signed_response_alg = \"HS256\"\n"),
    );
    made.accepted("settings", "memory", format!("{SETTINGS}[sessions]\nstore = \"memory\"\n{CORP}"));
    let lab = "[provider.lab]\nissuer = \"https://lab.example.com\"\nresponse_type = \"code id_token\"\n[provider.lab.registration]\nclient_name = \"Lab\"\nclient_name#fr = \"Labo\"\n";
    made.accepted(
        "settings",
        "registered",
        format!("{SETTINGS}default_provider = \"corp\"\n{CORP}{}", lab.replace("client_name#fr", "\"client_name#fr\"")),
    );
    let described = "[provider.corp.metadata]\nissuer = \"https://login.example.com\"\nauthorization_endpoint = \"https://login.example.com/a\"\ntoken_endpoint = \"https://login.example.com/t\"\njwks_uri = \"https://login.example.com/k\"\n";
    made.accepted(
        "settings",
        "described",
        format!("{SETTINGS}{}{described}", CORP.replace("issuer = \"http://127.0.0.1:3001\"\n", "")),
    );
    let endless = "[session]\nlifetime = \"18446744073709551615s\"\nidle = \"213503982334601d\"\n";
    made.refused("settings", "endless", format!("{SETTINGS}{endless}{CORP}"));
    made.refused("settings", "misspelt", format!("base_ulr = \"x\"\n{SETTINGS}{CORP}"));
    made.refused("settings", "no-toml", "client_secret = \"CANARY");
    made.refused("settings", "secret-type", "[provider.corp]\nclient_secret = [\"CANARY\"]\n");
    made.refused("settings", "plain-http", format!("{SETTINGS}{CORP}").replace("localhost", "app.example.com"));
    made.refused("settings", "short-key", "base_url = \"https://a.example\"\nsecret_key = \"CANARY\"\n");
    made.refused("settings", "after-logout", format!("after_logout = \"//evil.example\"\n{SETTINGS}{CORP}"));
    made.refused("settings", "empty", "");
}

/// The first byte of each step says which one it is; see `whole_flow`.
fn scripts(made: &mut Made) {
    const ALICE: [u8; 3] = [0, 0, 0];
    const BOB: [u8; 3] = [0, 2, 1];
    const TOKEN: [u8; 3] = [0, 1, 0];
    const HALF_WAY: [u8; 2] = [2, 0];
    const BACK: [u8; 2] = [3, 0];
    const OUT: [u8; 1] = [11];
    const AN_HOUR: [u8; 2] = [8, 4];
    const A_DAY: [u8; 2] = [8, 5];
    for (name, script) in [
        ("sign-in", [ALICE.as_slice()].concat()),
        ("two-people", [ALICE.as_slice(), &BOB, &OUT, &ALICE].concat()),
        ("half-way-and-back", [HALF_WAY.as_slice(), &BACK, &BACK].concat()),
        ("refreshed", [TOKEN.as_slice(), &AN_HOUR, &TOKEN, &A_DAY, &TOKEN].concat()),
        // It starts over, and the provider knows her.
        ("too-late", [HALF_WAY.as_slice(), &AN_HOUR, &BACK].concat()),
        ("two-tabs", [HALF_WAY.as_slice(), &HALF_WAY, &ALICE, &BACK].concat()),
    ] {
        made.accepted("whole_flow", name, script);
    }
    for (name, script) in [
        ("nothing", Vec::new()),
        ("half-way", HALF_WAY.to_vec()),
        ("refused-connection", [[5, 0].as_slice(), &ALICE].concat()),
        ("bad-signature", [[7, 1, 1, 1].as_slice(), &ALICE].concat()),
        ("cut-metadata", [[5, 7, 0, 40].as_slice(), &ALICE].concat()),
        ("request", [10, 1, 8, 4, 97, 98, 99, 100, 6, 0, 0, 2, 0].to_vec()),
    ] {
        made.refused("whole_flow", name, script);
    }
}
