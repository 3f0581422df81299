//! Whom a call trusts and who it says it is: root certificates and client certificates.
//!
//! The platform's roots are read at the first `https` call and not before: they cost start time and memory that a
//! sandbox with plain local receivers never needs. It must not know addresses or requests.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::failure::Failure;

/// Trust and identity of one sender.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Trusted beside the platform's roots.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Shown to servers that ask for a client certificate.
    pub identity: Option<ClientIdentity>,
}

impl TlsOptions {
    /// Trusts the certificates of a PEM file, too.
    ///
    /// # Errors
    /// A sentence, when the text holds no certificate or a broken one.
    pub fn trust_pem(&mut self, pem: &str) -> Result<(), String> {
        self.extra_roots.extend(certificates(pem)?);
        Ok(())
    }
}

/// A client certificate with its key.
#[derive(Clone)]
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: Arc<PrivateKeyDer<'static>>,
}

impl ClientIdentity {
    /// From PEM: the certificate first, then its issuers; the key as PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// A sentence, when one of the two is missing or broken.
    pub fn from_pem(chain_pem: &str, key_pem: &str) -> Result<Self, String> {
        let key = PrivateKeyDer::from_pem_slice(key_pem.as_bytes());
        let key = key.map_err(|error| format!("the private key cannot be read: {error}"))?;
        Ok(Self { chain: certificates(chain_pem)?, key: Arc::new(key) })
    }
}

/// Never shows the key.
impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match found {
        Ok(found) if found.is_empty() => Err("no certificate in the PEM text".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("the certificate cannot be read: {error}")),
    }
}

/// The client's TLS settings, made when first needed.
pub(crate) struct LazyTls {
    options: TlsOptions,
    config: OnceCell<Arc<ClientConfig>>,
}

impl LazyTls {
    pub(crate) fn new(options: TlsOptions) -> Self {
        Self { options, config: OnceCell::new() }
    }

    /// The settings; a failure is not remembered, so that a mended machine needs no restart.
    pub(crate) async fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let made = self.config.get_or_try_init(|| async {
            let options = self.options.clone();
            // Reads a hundred files: not on a thread that answers requests.
            let building = tokio::task::spawn_blocking(move || build(options));
            building.await.map_err(|error| Failure::Tls(error.to_string()))?
        });
        made.await.cloned()
    }
}

fn build(options: TlsOptions) -> Result<Arc<ClientConfig>, Failure> {
    let platform = rustls_native_certs::load_native_certs();
    for error in &platform.errors {
        tracing::warn!(%error, "a root certificate of the platform cannot be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(platform.certs);
    for root in options.extra_roots {
        roots.add(root).map_err(|error| Failure::Tls(format!("an extra root certificate is not usable: {error}")))?;
    }
    if roots.is_empty() {
        let reason = "this machine has no root certificates (on Debian: package `ca-certificates`)";
        return Err(Failure::Tls(reason.to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Tls(error.to_string()))?
        .with_root_certificates(roots);
    let mut config = match options.identity {
        Some(identity) => builder
            .with_client_auth_cert(identity.chain, identity.key.clone_key())
            .map_err(|error| Failure::Tls(format!("the client certificate is not usable: {error}")))?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
