//! The types that every web framework's adapter has: newtypes of the registry's, since a framework's
//! traits can be implemented for one's own types only. Written once, here.

/// Defines `OAuth`, `Client`, `Callback`, `Redirect`, `SameOrigin`, `SignedIn`, `Visitor` and `Error` for
/// an adapter. `around` names what binds the registry to a route, `error` says where the error behind an
/// answer is found.
/// Not for applications: it changes with the adapters.
#[doc(hidden)]
#[macro_export]
macro_rules! adapter_types {
    (around: $around:literal, error: $error:literal) => {
        /// The clients, bound to this request.
        #[doc = concat!("Needs [`", $around, "`](crate::", $around, ") around the route.")]
        #[derive(Clone, Debug)]
        pub struct OAuth($crate::Session);

        impl OAuth {
            /// Begins a registry. With the feature `reqwest` (default) the HTTP client is brought
            /// along.
            pub fn builder() -> $crate::Builder {
                let builder = $crate::Registry::builder();
                #[cfg(feature = "reqwest")]
                let builder = builder.default_http(integration_reqwest::Client::for_transport);
                builder
            }

            /// A registry to be initialised later, by [`Registry::init`]($crate::Registry::init)
            /// with a [builder](OAuth::builder): for a `static`, or an application that is put
            /// together before the settings are there.
            pub fn lazy() -> $crate::Registry {
                $crate::Registry::lazy()
            }

            /// The client of that name.
            ///
            /// # Errors
            /// `unknown_client`, an answer with status 404.
            pub fn client(&self, name: &str) -> Result<Client, Error> {
                Ok(Client(self.0.client(name)?))
            }

            /// Where the provider is to send the user back to; see
            /// [`Registry::callback_url`]($crate::Registry::callback_url).
            ///
            /// # Errors
            /// `unknown_client`, or `config` without a `public_url`.
            pub fn callback_url(&self, name: &str) -> Result<String, Error> {
                Ok(self.0.registry().callback_url(name)?)
            }

            /// The request, for what is of no one client: who is signed in, and logouts that a
            /// provider tells of.
            pub fn session(&self) -> &$crate::Session {
                &self.0
            }

            /// The registry.
            pub fn registry(&self) -> &$crate::Registry {
                self.0.registry()
            }

            pub(crate) fn bound(session: Option<$crate::Session>) -> Result<Self, Error> {
                let problem = concat!(
                    "expected ",
                    $around,
                    " around this route, in the task that answers it"
                );
                Ok(OAuth(session.ok_or_else(|| $crate::Error::config("OAuth", problem))?))
            }
        }

        /// A client, bound to this request. It dereferences to the [registry's]($crate::Client).
        #[derive(Clone, Debug)]
        pub struct Client($crate::Client);

        impl Client {
            /// Begins a login; see
            /// [`authorize_redirect`]($crate::Client::authorize_redirect) of the registry's.
            ///
            /// # Errors
            /// Those of the registry's.
            pub async fn authorize_redirect(
                &self,
                redirect_uri: impl AsRef<str>,
            ) -> Result<Redirect, Error> {
                Ok(Redirect(self.0.authorize_redirect(redirect_uri).await?))
            }

            /// The same, asking for more than the client's settings say.
            ///
            /// # Errors
            /// Those of the registry's.
            pub async fn authorize_redirect_with(
                &self,
                redirect_uri: impl AsRef<str>,
                options: &$crate::LoginOptions,
            ) -> Result<Redirect, Error> {
                Ok(Redirect(self.0.authorize_redirect_with(redirect_uri, options).await?))
            }

            /// Finishes a login; see
            /// [`authorize_access_token`]($crate::Client::authorize_access_token) of the registry's.
            ///
            /// # Errors
            /// Those of the registry's.
            pub async fn authorize_access_token(
                &self,
                callback: Callback,
            ) -> Result<$crate::Authorized, Error> {
                Ok(self.0.authorize_access_token(callback.0).await?)
            }
        }

        impl ::std::ops::Deref for Client {
            type Target = $crate::Client;

            fn deref(&self) -> &$crate::Client {
                &self.0
            }
        }

        /// What a callback brought, by GET or by POST. Taking it never fails: what is wrong with it is
        /// told by [`Client::authorize_access_token`].
        #[derive(Clone, Debug)]
        pub struct Callback($crate::Callback);

        /// Sends the user's browser to the provider: 303, kept by nobody.
        #[derive(Clone, Debug)]
        pub struct Redirect($crate::Redirection);

        impl Redirect {
            /// The address.
            pub fn location(&self) -> &str {
                self.0.location()
            }
        }

        impl From<$crate::Redirection> for Redirect {
            fn from(redirection: $crate::Redirection) -> Self {
                Redirect(redirection)
            }
        }

        /// Lets through only what our own pages ask, by `Origin` and `Sec-Fetch-Site`: for routes that
        /// begin a login by POST, so that no other site can begin one in a visitor's name.
        #[derive(Clone, Copy, Debug)]
        pub struct SameOrigin;

        impl SameOrigin {
            fn check(
                oauth: &OAuth,
                origin: Option<&str>,
                sec_fetch_site: Option<&str>,
            ) -> Result<Self, Error> {
                oauth.registry().check_same_origin(origin, sec_fetch_site)?;
                Ok(SameOrigin)
            }
        }

        /// Who is signed in to the application, by [`Session::sign_in`]($crate::Session::sign_in) as
        /// the ready-made routes do: neither the user nor the provider has ended it. It dereferences
        /// to the [registry's]($crate::SignedIn).
        ///
        /// Where nobody is, the answer is 401; where the cache does not tell, 503. For a page that is
        /// for everybody there is [`Visitor`].
        #[derive(Clone, Debug)]
        pub struct SignedIn($crate::SignedIn);

        impl SignedIn {
            async fn of(oauth: Result<OAuth, Error>) -> Result<Self, Error> {
                let nobody = || $crate::Error::NeedsLogin("nobody is signed in".to_owned());
                Ok(Visitor::of(oauth).await?.0.ok_or_else(nobody)?)
            }
        }

        impl ::std::ops::Deref for SignedIn {
            type Target = $crate::SignedIn;

            fn deref(&self) -> &$crate::SignedIn {
                &self.0
            }
        }

        /// Whoever comes, signed in or not. Where the cache does not tell which, the answer is 503, as
        /// it is for [`SignedIn`]: of an `Option<SignedIn>` some frameworks would make nobody.
        #[derive(Clone, Debug)]
        pub struct Visitor(Option<SignedIn>);

        impl Visitor {
            /// Who is signed in, if anybody is.
            pub fn user(&self) -> Option<&SignedIn> {
                self.0.as_ref()
            }

            async fn of(oauth: Result<OAuth, Error>) -> Result<Self, Error> {
                Ok(Visitor(oauth?.session().signed_in().await?.map(SignedIn)))
            }
        }

        /// An error as an answer: its status, one sentence for the user, and nothing of what went on
        /// inside. The error itself goes to the log, and to what is around the handler, which may make
        /// a page of it:
        #[doc = $error]
        #[derive(Clone, Debug)]
        pub struct Error($crate::Error);

        impl Error {
            /// The registry's error.
            pub fn into_inner(self) -> $crate::Error {
                self.0
            }

            /// The registry's error.
            pub fn inner(&self) -> &$crate::Error {
                &self.0
            }
        }

        impl From<$crate::Error> for Error {
            fn from(error: $crate::Error) -> Self {
                Error(error)
            }
        }

        impl ::std::fmt::Display for Error {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::error::Error for Error {
            fn source(&self) -> Option<&(dyn ::std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
    };
}
