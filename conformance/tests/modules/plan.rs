//! How a plan is written: a variant, and the modules that run in it.

/// One test for each module, in one variant.
macro_rules! plan {
    ($variant:ident = $value:expr => $($module:ident)*) => {
        mod $variant {
            use super::*;

            $(
                #[tokio::test(start_paused = true)]
                async fn $module() {
                    const VARIANT: Variant = $value;
                    crate::suite::$module(VARIANT).await;
                }
            )*
        }
    };
}

/// The modules of the Basic RP plans.
macro_rules! basic_plan {
    ($variant:ident = $value:expr) => {
        plan!($variant = $value =>
            oidcc_client_test
            oidcc_client_test_invalid_iss
            oidcc_client_test_missing_sub
            oidcc_client_test_invalid_aud
            oidcc_client_test_missing_iat
            oidcc_client_test_kid_absent_single_jwks
            oidcc_client_test_kid_absent_multiple_jwks
            oidcc_client_test_idtoken_sig_rs256
            oidcc_client_test_idtoken_sig_none
            oidcc_client_test_invalid_sig_rs256
            oidcc_client_test_userinfo_invalid_sub
            oidcc_client_test_nonce_invalid
            oidcc_client_test_scope_userinfo_claims
            oidcc_client_test_client_secret_basic
        );
    };
}

/// The modules of the Implicit RP plans, and those that a response type has besides.
macro_rules! implicit_plan {
    ($variant:ident = $value:expr => $($besides:ident)*) => {
        plan!($variant = $value =>
            oidcc_client_test
            oidcc_client_test_invalid_iss
            oidcc_client_test_missing_sub
            oidcc_client_test_invalid_aud
            oidcc_client_test_missing_iat
            oidcc_client_test_kid_absent_single_jwks
            oidcc_client_test_kid_absent_multiple_jwks
            oidcc_client_test_idtoken_sig_rs256
            oidcc_client_test_invalid_sig_rs256
            oidcc_client_test_nonce_unless_code_flow
            oidcc_client_test_nonce_invalid
            oidcc_client_test_scope_userinfo_claims
            $($besides)*
        );
    };
}

/// The modules of the Hybrid RP plans, and those that a response type has besides.
macro_rules! hybrid_plan {
    ($variant:ident = $value:expr => $($besides:ident)*) => {
        implicit_plan!($variant = $value =>
            oidcc_client_test_userinfo_invalid_sub
            oidcc_client_test_client_secret_basic
            $($besides)*
        );
    };
}

/// The same modules in the variants of a logout plan for each of Basic, Hybrid and Implicit.
macro_rules! logout_plan {
    ($($module:ident)*) => {
        plan!(code = Variant::of(ResponseType::Code) => $($module)*);
        plan!(code_id_token = Variant::of(ResponseType::CodeIdToken) => $($module)*);
        plan!(code_token = Variant::of(ResponseType::CodeToken) => $($module)*);
        plan!(code_id_token_token = Variant::of(ResponseType::CodeIdTokenToken) => $($module)*);
        plan!(id_token = Variant::of(ResponseType::IdToken) => $($module)*);
        plan!(id_token_token = Variant::of(ResponseType::IdTokenToken) => $($module)*);
    };
}
