//! The examples of the specifications, which other implementations decrypt as well.

use super::*;
use crate::jose::jwe::{key_agreement::Derivation, shared_key::SharedKey};

/// RFC 7520 5: four sentences.
const FRODO: &str = "\
    WW91IGNhbiB0cnVzdCB1cyB0byBzdGljayB3aXRoIHlvdSB0aHJvdWdoIHRoaWNrIGFuZCB0aGlu4oCTdG8gdGhlIGJpdHRlciBl\
    bmQuIEFuZCB5b3UgY2FuIHRydXN0IHVzIHRvIGtlZXAgYW55IHNlY3JldCBvZiB5b3Vyc-KAk2Nsb3NlciB0aGFuIHlvdSBrZWVw\
    IGl0IHlvdXJzZWxmLiBCdXQgeW91IGNhbm5vdCB0cnVzdCB1cyB0byBsZXQgeW91IGZhY2UgdHJvdWJsZSBhbG9uZSwgYW5kIGdv\
    IG9mZiB3aXRob3V0IGEgd29yZC4gV2UgYXJlIHlvdXIgZnJpZW5kcywgRnJvZG8u";

/// RFC 7516 A.1.7
const A_1: &str = "\
    eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckC\
    L9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da1\
    4B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0\
    je81860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6U\
    S04U3b.5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZ\
    odetZdvTiFvSkQ";

/// RFC 7516 A.3.7
const A_3: &str = "\
    eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2Il\
    rT1oOQ.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ";

/// RFC 7520 5.4.5
const COOKBOOK_5_4: &str = "\
    eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImtpZCI6InBlcmVncmluLnRvb2tAdHVja2Jvcm91Z2guZXhhbXBsZSIsImVwayI6eyJr\
    dHkiOiJFQyIsImNydiI6IlAtMzg0IiwieCI6InVCbzRrSFB3Nmtiang1bDB4b3dyZF9vWXpCbWF6LUdLRlp1NHhBRkZrYllpV2d1\
    dEVLNml1RURzUTZ3TmROZzMiLCJ5Ijoic3AzcDVTR2haVkMyZmFYdW1JLWU5SlUyTW84S3BvWXJGRHI1eVBOVnRXNFBnRXdaT3lR\
    VEEtSmRhWTh0YjdFMCJ9LCJlbmMiOiJBMTI4R0NNIn0.0DJjBXri_kBcC46IkU5_Jk9BqaQeHdv2.mH-G2zVqgztUtnW_.tkZuOO\
    9h95OgHJmkkrfLBisku8rGf6nzVxhRM3sVOhXgz5NJ76oID7lpnAi_cPWJRCjSpAaUZ5dOR3Spy7QuEkmKx8-3RCMhSYMzsXaEwD\
    dXta9Mn5B7cCBoJKB0IgEnj_qfo1hIi-uEkUpOZ8aLTZGHfpl05jMwbKkTe2yK3mjF6SBAsgicQDVCkcY9BLluzx1RmC3ORXaM0J\
    aHPB93YcdSDGgpgBWMVrNU1ErkjcMqMoT_wtCex3w03XdLkjXIuEr2hWgeP-nkUZTPU9EoGSPj6fAS-bSz87RCPrxZdj_iVyC6QW\
    cqAu07WNhjzJEPc4jVntRJ6K53NgPQ5p99l3Z408OUqj4ioYezbS6vTPlQ.WuGzxmcreYjpHGJoa17EBg";

/// RFC 7520 5.5.5
const COOKBOOK_5_5: &str = "\
    eyJhbGciOiJFQ0RILUVTIiwia2lkIjoibWVyaWFkb2MuYnJhbmR5YnVja0BidWNrbGFuZC5leGFtcGxlIiwiZXBrIjp7Imt0eSI6\
    IkVDIiwiY3J2IjoiUC0yNTYiLCJ4IjoibVBVS1RfYkFXR0hJaGcwVHBqanFWc1AxclhXUXVfdndWT0hIdE5rZFlvQSIsInkiOiI4\
    QlFBc0ltR2VBUzQ2ZnlXdzVNaFlmR1RUMElqQnBGdzJTUzM0RHY0SXJzIn0sImVuYyI6IkExMjhDQkMtSFMyNTYifQ..yc9N8v5s\
    Yyv3iGQT926IUg.BoDlwPnTypYq-ivjmQvAYJLb5Q6l-F3LIgQomlz87yW4OPKbWE1zSTEFjDfhU9IPIOSA9Bml4m7iDFwA-1ZXv\
    HteLDtw4R1XRGMEsDIqAYtskTTmzmzNa-_q4F_evAPUmwlO-ZG45Mnq4uhM1fm_D9rBtWolqZSF3xGNNkpOMQKF1Cl8i8wjzRli7\
    -IXgyirlKQsbhhqRzkv8IcY6aHl24j03C-AR2le1r7URUhArM79BY8soZU0lzwI-sD5PZ3l4NDCCei9XkoIAfsXJWmySPoeRb2Ni\
    5UZL4mYpvKDiwmyzGd65KqVw7MsFfI_K767G9C9Azp73gKZD0DyUn1mn0WW5LmyX_yJ-3AROq8p1WZBfG-ZyJ6195_JGG2m9Csg.\
    WCCkNa-x4BeB9hIDIfFuhg";

/// RFC 7520 5.6.4
const COOKBOOK_5_6: &str = "\
    eyJhbGciOiJkaXIiLCJraWQiOiI3N2M3ZTJiOC02ZTEzLTQ1Y2YtODY3Mi02MTdiNWI0NTI0M2EiLCJlbmMiOiJBMTI4R0NNIn0.\
    .refa467QzzKx6QAB.JW_i_f52hww_ELQPGaYyeAB6HYGcR559l9TYnSovc23XJoBcW29rHP8yZOZG7YhLpT1bjFuvZPjQS-m0IF\
    tVcXkZXdH_lr_FrdYt9HRUYkshtrMmIUAyGmUnd9zMDB2n0cRDIHAzFVeJUDxkUwVAE7_YGRPdcqMyiBoCO-FBdE-Nceb4h3-FtB\
    P-c_BIwCPTjb9o0SbdcdREEMJMyZBH8ySWMVi1gPD9yxi-aQpGbSv_F9N4IZAxscj5g-NJsUPbjk29-s7LJAGb15wEBtXphVCgyy\
    53CoIKLHHeJHXex45Uz9aKZSRSInZI-wjsY0yu3cT4_aQ3i1o-tiE-F8Ios61EKgyIQ4CWao8PFMj8TTnp.vbb32Xvllea2OtmHA\
    dccRQ";

/// RFC 7520 5.7.5
const COOKBOOK_5_7: &str = "\
    eyJhbGciOiJBMjU2R0NNS1ciLCJraWQiOiIxOGVjMDhlMS1iZmE5LTRkOTUtYjIwNS0yYjRkZDFkNDMyMWQiLCJ0YWciOiJrZlBk\
    dVZRM1QzSDZ2bmV3dC0ta3N3IiwiaXYiOiJLa1lUMEdYXzJqSGxmcU5fIiwiZW5jIjoiQTEyOENCQy1IUzI1NiJ9.lJf3HbOApxM\
    EBkCMOoTnnABxs_CvTWUmZQ2ElLvYNok.gz6NjyEFNm_vm8Gj6FwoFQ.Jf5p9-ZhJlJy_IQ_byKFmI0Ro7w7G1QiaZpI8OaiVgD8\
    EqoDZHyFKFBupS8iaEeVIgMqWmsuJKuoVgzR3YfzoMd3GxEm3VxNhzWyWtZKX0gxKdy6HgLvqoGNbZCzLjqcpDiF8q2_62EVAbr2\
    uSc2oaxFmFuIQHLcqAHxy51449xkjZ7ewzZaGV3eFqhpco8o4DijXaG5_7kp3h2cajRfDgymuxUbWgLqaeNQaJtvJmSMFuEOSAzw\
    9Hdeb6yhdTynCRmu-kqtO5Dec4lT2OMZKpnxc_F1_4yDJFcqb5CiDSmA-psB2k0JtjxAj4UPI61oONK7zzFIu4gBfjJCndsZfdvG\
    7h8wGjV98QhrKEnR7xKZ3KCr0_qR1B-gxpNk3xWU.DKW7jrb4WaRSNfbXVPlT5g";

/// RFC 7520 5.8.5
const COOKBOOK_5_8: &str = "\
    eyJhbGciOiJBMTI4S1ciLCJraWQiOiI4MWIyMDk2NS04MzMyLTQzZDktYTQ2OC04MjE2MGFkOTFhYzgiLCJlbmMiOiJBMTI4R0NN\
    In0.CBI6oDw8MydIx1IBntf_lQcw2MmJKIQx.Qx0pmsDa8KnJc9Jo.AwliP-KmWgsZ37BvzCefNen6VTbRK3QMA4TkvRkH0tP1bT\
    dhtFJgJxeVmJkLD61A1hnWGetdg11c9ADsnWgL56NyxwSYjU1ZEHcGkd3EkU0vjHi9gTlb90qSYFfeF0LwkcTtjbYKCsiNJQkcIp\
    1yeM03OmuiYSoYJVSpf7ej6zaYcMv3WwdxDFl8REwOhNImk2Xld2JXq6BR53TSFkyT7PwVLuq-1GwtGHlQeg7gDT6xW0JqHDPn_H\
    -puQsmthc9Zg0ojmJfqqFvETUxLAF-KjcBTS5dNy6egwkYtOt8EIHK-oEsKYtZRaa8Z7MOZ7UGxGIMvEmxrGCPeJa14slv2-gaqK\
    0kEThkaSqdYw0FkQZF.ER7MWJZ1FBI_NKvn7Zb1Lw";

/// RFC 7516 A.1.3, the modulus.
const N: &str = "\
    oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1Dgj\
    T9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv\
    6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB\
    _4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw";

/// RFC 7516 A.1.3
const D: &str = "\
    kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9\
    gV8n9Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBw\
    txHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyr\
    j8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ";

/// RFC 7516 A.1.3
const P: &str = "\
    1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAEPTPjXv_h\
    I2_1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0";

/// RFC 7516 A.1.3
const Q: &str = "\
    wLb35x7hmQWZsWJmB_vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx_8Fyw1YYa9XGrGnDew00J28cRUoeBB_\
    jKI1oma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtc";

/// RFC 7516 A.1.3
const DP: &str = "\
    ZK-YwE7diUh0qR1tR7w8WHtolDx3MZ_OTowiFvgfeQ3SiresXjm9gZ5KLhMXvo-uz-KUJWDxS5pFQ_M0evdo1dKiRTjVw_x4Nyqy\
    XPM5nULPkcpU827rnpZzAJKpdhWAgqrXGKAECQH0Xt4taznjnd_zVpAmZZq60WPMBMfKcuE";

/// RFC 7516 A.1.3
const DQ: &str = "\
    Dq0gfgJ1DdFGXiLvQEZnuKEN0UUmsJBxkjydc3j4ZYdBiMRAy86x0vHCjywcMlYYg4yoC4YZa9hNVcsjqA3FeiL19rk8g6Qn29Tt\
    0cj8qqyFpz9vNDBUfCAiJVeESOjJDZPYHdHY8v1b-o-Z2X5tvLx-TCekf7oxyeKDUqKWjis";

/// RFC 7516 A.1.3
const QI: &str = "\
    VIMpMYbPf47dT1w_zDUXfPimsSegnMOA1zTaX7aGk_8urY6R8-ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanO\
    sXGOAOv82cHq0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF_XyaY14ardLSjf4L_FNY";

fn decrypted(token: &str, agreed: Agreed, key: DecryptionKey) -> Vec<u8> {
    // The examples are no nested tokens: this is what lies beneath `decrypt`.
    let jwe = CompactJwe::parse(token).expect("a JWE");
    jwe.plaintext(agreed, &keys([key])).expect("it decrypts").expose().clone()
}

fn shared((algorithm, enc): Agreed, k: &str) -> DecryptionKey {
    DecryptionKey::shared(SharedKey::from_bytes(algorithm, enc, &base64url::decode(k).expect("base64url")))
}

/// R69: RFC 7516 A.1 and A.3
#[test]
fn the_examples_of_jwe_decrypt() {
    let jwk = json!({"kty": "RSA", "n": N, "e": "AQAB", "d": D, "p": P, "q": Q, "dp": DP, "dq": DQ, "qi": QI});
    let rsa = DecryptionKey::from_jwk_for(RsaOaep, &jwk).expect("a key");
    let text = "The true sign of intelligence is not knowledge but imagination.";
    assert_eq!(decrypted(A_1, (RsaOaep, A256Gcm), rsa), text.as_bytes());
    let agreed = (A128Kw, A128CbcHs256);
    assert_eq!(decrypted(A_3, agreed, shared(agreed, "GawgguFyGrWKav7AX4VKUg")), b"Live long and prosper.");
}

/// V45: RFC 7516 A.2: its header, before the padding that Bleichenbacher read.
#[test]
fn the_example_with_the_old_padding_is_refused() {
    let header = "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0";
    let token = format!("{header}.{}", A_3.split_once('.').expect("a dot").1);
    let ours = keys([DecryptionKey::generate(RsaOaep).expect("a key")]);
    let reason = InvalidJwe::KeyManagement { expected: RsaOaep, got: Excerpt::new("RSA1_5") };
    assert_eq!(open(&token, (RsaOaep, A128CbcHs256), &ours), Err(reason));
}

/// R69: RFC 7520 5.4 to 5.8
#[test]
fn the_examples_of_the_cookbook_decrypt() {
    let peregrin = json!({
        "kty": "EC", "kid": "peregrin.took@tuckborough.example", "use": "enc", "crv": "P-384",
        "x": "YU4rRUzdmVqmRtWOs2OpDE_T5fsNIodcG8G5FWPrTPMyxpzsSOGaQLpe2FpxBmu2",
        "y": "A8-yxCHxkfBz3hKZfI1jUYMjUhsEveZ9THuwFjH2sCNdtksRJU7D5-SkgaFL1ETP",
        "d": "iTx2pk7wW-GqJkHcEkFQb2EFyYcO7RugmaW3mRrQVAOUiPommT0IdnYK2xDlZh-j",
    });
    let meriadoc = json!({
        "kty": "EC", "kid": "meriadoc.brandybuck@buckland.example", "use": "enc", "crv": "P-256",
        "x": "Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",
        "y": "HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",
        "d": "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
    });
    let of_jwk = |algorithm, jwk: &Value| DecryptionKey::from_jwk_for(algorithm, jwk).expect("a key");
    let (dir, gcm_kw, kw) = ((Dir, A128Gcm), (KeyManagementAlgorithm::A256GcmKw, A128CbcHs256), (A128Kw, A128Gcm));
    for (token, agreed, key) in [
        (COOKBOOK_5_4, (EcdhEsA128Kw, A128Gcm), of_jwk(EcdhEsA128Kw, &peregrin)),
        (COOKBOOK_5_5, (EcdhEs, A128CbcHs256), of_jwk(EcdhEs, &meriadoc)),
        (COOKBOOK_5_6, dir, shared(dir, "XctOhJAkA-pD9Lh7ZgW_2A")),
        (COOKBOOK_5_7, gcm_kw, shared(gcm_kw, "qC57l_uxcm7Nm3K-ct4GFjx8tM1U8CZ0NLBvdQstiS8")),
        (COOKBOOK_5_8, kw, shared(kw, "GZy6sIZ6wl9NJOKB-jnmVQ")),
    ] {
        assert_eq!(base64url::encode(decrypted(token, agreed, key)), FRODO, "{agreed:?}");
    }
}

/// RFC 7518 C
#[test]
fn the_key_of_the_example_is_agreed_on() {
    let bob = json!({
        "kty": "EC", "crv": "P-256",
        "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
        "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
    });
    let bob = DecryptionKey::from_jwk_for(EcdhEs, &bob).expect("a key");
    let alice = |name: &str| base64url::decode(name).expect("base64url");
    let x = alice("gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0");
    let y = alice("SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps");
    let transport = Transport {
        algorithm: EcdhEs,
        enc: A128Gcm,
        encrypted_key: &[],
        ephemeral: PublicPoint::parse(EncryptionCurve::P256, &x, Some(&y)),
        apu: b"Alice",
        apv: b"Bob",
        iv: &[],
        tag: &[],
    };
    let key = bob.content_key(&transport).expect("a key");
    assert_eq!(base64url::encode(key.expose()), "VqqN6vgjbSBcIijNcacQGg");
}

/// RFC 7748 6.1, RFC 8037 A.6: what Alice and Bob have in common, here by way of what is derived from it.
#[test]
fn the_shared_secret_of_curve25519_comes_out() {
    let bob = json!({
        "kty": "OKP", "crv": "X25519",
        "x": "3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08",
        "d": "XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os",
    });
    let bob = DecryptionKey::from_jwk_for(EcdhEs, &bob).expect("a key");
    let alice = base64url::decode("hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo").expect("base64url");
    let transport = Transport {
        algorithm: EcdhEs,
        enc: ContentEncryptionAlgorithm::A256CbcHs512,
        encrypted_key: &[],
        ephemeral: PublicPoint::parse(EncryptionCurve::X25519, &alice, None),
        apu: &[],
        apv: &[],
        iv: &[],
        tag: &[],
    };
    let shared = base64url::decode("Sl2dW6TOLeFyjjv0gDUPJeB-IclH0Z4zdvCbPB4WF0I").expect("base64url");
    let derived = Derivation::of(EcdhEs, ContentEncryptionAlgorithm::A256CbcHs512, &[], &[]).key(&shared);
    assert_eq!(derived.expose().len(), 64);
    assert_eq!(bob.content_key(&transport).expect("a key"), derived);
}

/// RFC 7518 B.1 to B.3
#[test]
fn the_examples_of_cbc_with_hmac_come_out() {
    let text =
        b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy \
        without inconvenience";
    let iv = base64url::decode("GvOMLcK5b_3YZpQJI0G8BA").expect("base64url");
    let aad = b"The second principle of Auguste Kerckhoffs";
    let key: Vec<u8> = (0..64).collect();
    for (enc, tag) in [
        (A128CbcHs256, "ZSw_o2sKfFsyGfqzowvBxA"),
        (ContentEncryptionAlgorithm::A192CbcHs384, "hJCsDliUm_5Rh11zP5OsIHUWgDnMxzPX"),
        (ContentEncryptionAlgorithm::A256CbcHs512, "TdO0wIin9FwhaDlkWyASvy5iaajFaoFtvBsmd2GVW8U"),
    ] {
        let sealed = enc.seal(&key[..enc.key_bytes()], &iv, aad, text).expect("sealed");
        assert_eq!(base64url::encode(&sealed.tag), tag, "{enc}");
        let opened = enc.open(&key[..enc.key_bytes()], &iv, aad, &sealed.ciphertext, &sealed.tag);
        assert_eq!(opened.expect("opened").expose(), text);
        assert_eq!(sealed.ciphertext.len(), 144);
    }
}
