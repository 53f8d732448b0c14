//! The code that an ID Token was given for.

use super::*;

const CODE: &str = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";

/// V43: Core 3.3.2.11 and 3.3.3.6: the token endpoint need not send a c_hash; one that it sends fits. The example of Core A.4.
#[test]
fn a_c_hash_fits_the_code_or_the_token_is_refused() {
    let right = digest::code_hash(SignatureAlgorithm::Rs256, CODE);
    assert_eq!(right, "LDktKdoQak3Pk0cnXxCltA");
    let refused = |claims: &Value| verify_as(&client(), &sign(claims).in_exchange_for(CODE.into())).err();
    assert_eq!(refused(&with(good(), "c_hash", right.as_str())), None);
    assert_eq!(refused(&good()), None);
    let sha512 = digest::code_hash(SignatureAlgorithm::Es512, CODE);
    let of_another = digest::code_hash(SignatureAlgorithm::Es256, "another code");
    for wrong in [sha512, of_another, format!("{right}="), right.to_lowercase(), String::new()] {
        let reason = Some(InvalidIdToken::CodeHash);
        assert_eq!(refused(&with(good(), "c_hash", wrong.as_str())), reason, "{wrong}");
    }
    for wrong in [json!(null), json!([right]), json!(1)] {
        assert_eq!(refused(&with(good(), "c_hash", wrong)), wrong_type("c_hash"));
    }
}
