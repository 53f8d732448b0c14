//! Who signed in, proved: from what the authorization endpoint gave to verified ID Tokens and the claims about their subject.

use std::sync::Arc;

use vestibule_core::{
    AuthorizationCode, ClaimsSet, IdToken, TokenResponse, UnverifiedIdToken,
    authorization::{Accepted, FrontChannel},
    token::GrantedTokens,
};

use super::{ConnectedProvider, Introduced, ProviderError};

/// A login that was proved.
#[derive(Debug)]
pub(crate) struct Proved {
    /// The one that says most: the token endpoint's, where it was asked.
    pub(crate) id_token: IdToken,
    /// What came along, if anything did.
    pub(crate) granted: Option<GrantedTokens>,
}

impl ConnectedProvider {
    /// Proves a login. What came through the browser is verified before anything of it is used (R35).
    pub(crate) async fn prove(self: &Arc<Self>, at: &Introduced, accepted: Accepted) -> Result<Proved, ProviderError> {
        let front_channel = match accepted {
            Accepted::Code(code) => return self.redeemed(at, code).await,
            Accepted::FrontChannel(front_channel) => front_channel,
        };
        let expected = at.client.expected_id_token(&at.metadata);
        let verified = self.with_keys(at, |keys| Ok(front_channel.verify(keys, &expected, self.now())?)).await?;
        let FrontChannel { id_token, granted, code, .. } = verified;
        match code {
            Some(code) => self.redeemed(at, code).await,
            None => Ok(Proved { id_token, granted }),
        }
    }

    async fn redeemed(self: &Arc<Self>, at: &Introduced, code: AuthorizationCode) -> Result<Proved, ProviderError> {
        let tokens = self.redeem(at, code).await?;
        let id_token = self.verify(at, tokens.id_token()).await?;
        Ok(Proved { id_token, granted: Some(tokens.granted().clone()) })
    }

    /// Redeems a code. A client that registered itself and is not known any more will register anew, with the next login.
    async fn redeem(&self, at: &Introduced, code: AuthorizationCode) -> Result<TokenResponse, ProviderError> {
        let answer = self.carry_out(at.client.redeem(&at.metadata, self.redirect_uri(), code)?).await;
        self.note_unknown_client(at, answer.as_ref().err());
        answer
    }

    /// Verifies an ID Token of a login that just ended.
    async fn verify(self: &Arc<Self>, at: &Introduced, id_token: &UnverifiedIdToken) -> Result<IdToken, ProviderError> {
        let expected = at.client.expected_id_token(&at.metadata);
        self.with_keys(at, |keys| Ok(id_token.verify(keys, &expected, self.now())?)).await
    }

    /// The claims about the subject of a proved login: those of its ID Token, and those of the userinfo endpoint besides.
    pub(crate) async fn claims(self: &Arc<Self>, at: &Introduced, proved: &Proved) -> Result<ClaimsSet, ProviderError> {
        let mut claims = proved.id_token.claims().clone();
        let Some(granted) = &proved.granted else { return Ok(claims) };
        let (access_token, subject) = (granted.access_token().clone(), proved.id_token.subject().clone());
        if let Some(more) = self.ask_userinfo(at, access_token, subject).await? {
            claims.add_missing(more);
        }
        Ok(claims)
    }
}
