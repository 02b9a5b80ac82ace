//! Logins of devices without a browser (RFC 8628): [`Client::device_authorization`].

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use oauth2_core::DeviceAuthorization;
use protocol_core::Error;
use tokio::sync::Mutex;

use crate::authorized::Authorized;
use crate::client::Client;
use crate::http::BoxFuture;
use crate::oauth2::DeviceBegun;
use crate::options::LoginOptions;

/// A login of a device that has begun. It dereferences to what the user is to be shown.
pub struct DeviceLogin {
    client: Client,
    authorization: DeviceAuthorization,
    begun: Arc<Mutex<DeviceBegun>>,
    /// Kept where its caller is dropped: the answer under way may be the token, which comes once.
    asking: Option<BoxFuture<'static, Result<Authorized, Error>>>,
    options: LoginOptions,
}

impl Client {
    /// Begins the login of a device without a browser: asks for a code, which the user enters on
    /// another device (RFC 8628).
    ///
    /// ```
    /// use client_registry::{Client, Error, UserInfo};
    ///
    /// async fn log_in(client: &Client) -> Result<UserInfo, Error> {
    ///     let mut device = client.device_authorization().await?;
    ///     println!("Go to {} and enter {}", device.verification_uri, device.user_code);
    ///     let login = device.poll().await?; // until the user has decided
    ///     login.save_for("me").await?;
    ///     login.userinfo().await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Config`] where neither the key `device_authorization_endpoint` nor the metadata say
    /// where to ask, and for a client of OAuth 1.0; [`Error::Rejected`], [`Error::Protocol`] and
    /// [`Error::Http`] from the server.
    pub async fn device_authorization(&self) -> Result<DeviceLogin, Error> {
        self.device_authorization_with(&LoginOptions::new()).await
    }

    /// The same, asking for more than the client's settings say. The parameters go to the device
    /// authorization endpoint; those of the key `authorize_params` are for browsers, and do not.
    ///
    /// # Errors
    /// As for [`Client::device_authorization`].
    pub async fn device_authorization_with(
        &self,
        options: &LoginOptions,
    ) -> Result<DeviceLogin, Error> {
        let begun = self.oauth2()?.begin_device(self.registry(), options).await?;
        Ok(DeviceLogin {
            client: self.clone(),
            authorization: begun.authorization.clone(),
            begun: Arc::new(Mutex::new(begun)),
            asking: None,
            options: options.clone(),
        })
    }
}

impl DeviceLogin {
    /// Asks for the token, as often as the server allows, until the user has decided or the code has
    /// expired; verifies the ID token where `openid` was asked for.
    ///
    /// The future may be dropped at any time, under a countdown say: nothing more is asked then, and
    /// another call goes on where this one was. It needs a tokio runtime with its time driver on.
    ///
    /// # Errors
    /// [`Error::Rejected`]: `access_denied` where the user said no, `expired_token` where nobody
    /// answered in time. [`Error::Unverified`] where the ID token does not hold; [`Error::Protocol`]
    /// and [`Error::Http`] for what asking again would not mend.
    pub async fn poll(&mut self) -> Result<Authorized, Error> {
        let (client, begun) = (self.client.clone(), self.begun.clone());
        let asking = self.asking.get_or_insert_with(|| {
            Box::pin(async move {
                client.oauth2()?.finish_device(&client, &mut *begun.lock().await).await
            })
        });
        let outcome = asking.await;
        self.asking = None;
        let LoginOptions { return_to, app_data, .. } = &self.options;
        Ok(outcome?.going_on(return_to.clone(), app_data.clone()))
    }
}

impl Deref for DeviceLogin {
    type Target = DeviceAuthorization;

    fn deref(&self) -> &DeviceAuthorization {
        &self.authorization
    }
}

/// Shows the client and where the user goes; no code.
impl fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin")
            .field("client", &self.client.name())
            .field("authorization", &self.authorization)
            .finish()
    }
}
