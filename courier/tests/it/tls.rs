//! Real certificates, good and bad, on both sides.

use std::sync::Arc;

use courier::{ClientIdentity, Egress, Sender, SenderOptions, TlsOptions};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::receiver::{Behaviour, Receiver};
use crate::{get, options};

/// A certificate authority of a test.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// What an authority issued, as PEM.
struct Issued {
    certificate: String,
    key: String,
}

impl Authority {
    /// Authorities are told apart by their names.
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn issue(&self, names: &[&str], usage: ExtendedKeyUsagePurpose, change: fn(&mut CertificateParams)) -> Issued {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.extended_key_usages = vec![usage];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Issued { certificate, key: key.serialize_pem() }
    }

    fn server(&self, name: &str) -> Issued {
        self.issue(&[name], ExtendedKeyUsagePurpose::ServerAuth, |_| {})
    }

    fn client(&self) -> ClientIdentity {
        let issued = self.issue(&["partner.example"], ExtendedKeyUsagePurpose::ClientAuth, |_| {});
        ClientIdentity::from_pem(&issued.certificate, &issued.key).unwrap()
    }
}

/// A server with this certificate; with an authority, it wants a client certificate of it.
fn server(issued: &Issued, clients: Option<&Authority>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let chain = vec![CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap();
    Arc::new(builder.with_single_cert(chain, key).unwrap())
}

fn sender(trusts: Option<&Authority>, identity: Option<ClientIdentity>) -> Sender {
    let mut tls = TlsOptions { identity, ..TlsOptions::default() };
    if let Some(authority) = trusts {
        tls.trust_pem(&authority.pem).unwrap();
    }
    Sender::new(SenderOptions { tls, ..options(Egress::Any) })
}

async fn receiver(tls: Arc<ServerConfig>) -> (Receiver, String) {
    let receiver = Receiver::start_with(Behaviour::ok("secret"), Some(tls)).await;
    let url = format!("https://localhost:{}/hook", receiver.address.port());
    (receiver, url)
}

#[tokio::test]
async fn a_trusted_certificate_is_accepted_and_the_connection_reused() {
    let authority = Authority::new("Trusted");
    let (mut receiver, url) = receiver(server(&authority.server("localhost"), None)).await;
    let sender = sender(Some(&authority), None);
    for _ in 0..3 {
        assert_eq!(sender.send(get(&url)).await.unwrap().body, "secret");
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test]
async fn an_address_in_a_certificate_is_accepted() {
    let authority = Authority::new("Trusted");
    let (receiver, _) = receiver(server(&authority.server("127.0.0.1"), None)).await;
    let answer = sender(Some(&authority), None).send(get(format!("https://{}/", receiver.address))).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn bad_certificates_are_tls_failures() {
    let authority = Authority::new("Trusted");
    let expired = |params: &mut CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    };
    let client_only = authority.issue(&["localhost"], ExtendedKeyUsagePurpose::ClientAuth, |_| {});
    let table = [
        ("unknown issuer", Authority::new("Foreign").server("localhost"), "UnknownIssuer"),
        ("another name", authority.server("elsewhere.example"), "not valid for name"),
        ("expired", authority.issue(&["localhost"], ExtendedKeyUsagePurpose::ServerAuth, expired), "expired"),
        ("not for servers", client_only, "extended key usage"),
    ];
    for (what, issued, expected) in table {
        let (mut receiver, url) = receiver(server(&issued, None)).await;
        let error = sender(Some(&authority), None).send(get(url)).await.unwrap_err();
        assert_eq!(error.kind(), "tls", "{what}: {error}");
        assert!(error.to_string().to_lowercase().contains(&expected.to_lowercase()), "{what}: {error}");
        let requests = receiver.seen().into_iter().filter(|seen| matches!(seen, crate::receiver::Seen::Request(_)));
        assert_eq!(requests.count(), 0, "{what}: nothing is sent to a peer that is not trusted");
    }
}

#[tokio::test]
async fn a_plain_peer_is_a_tls_failure() {
    let receiver = Receiver::start(Behaviour::Greet(b"220 mail.example ESMTP\r\n".to_vec())).await;
    let authority = Authority::new("Trusted");
    let error = sender(Some(&authority), None).send(get(format!("https://{}/", receiver.address))).await.unwrap_err();
    assert_eq!(error.kind(), "tls", "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks() {
    let authority = Authority::new("Trusted");
    let config = server(&authority.server("localhost"), Some(&authority));
    let (_receiver, url) = receiver(Arc::clone(&config)).await;
    let answer = sender(Some(&authority), Some(authority.client())).send(get(&url)).await.unwrap();
    assert_eq!(answer.body, "secret");
}

#[tokio::test]
async fn a_missing_or_foreign_client_certificate_is_a_tls_failure() {
    let authority = Authority::new("Trusted");
    let config = server(&authority.server("localhost"), Some(&authority));
    for identity in [None, Some(Authority::new("Foreign").client())] {
        let (_receiver, url) = receiver(Arc::clone(&config)).await;
        let error = sender(Some(&authority), identity).send(get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), "tls", "{error}");
    }
}

#[test]
fn broken_pem_is_refused_in_words() {
    let mut tls = TlsOptions::default();
    assert_eq!(tls.trust_pem("nothing"), Err("no certificate in the PEM text".to_owned()));
    let issued = Authority::new("Foreign").server("localhost");
    assert!(ClientIdentity::from_pem(&issued.certificate, "nothing").unwrap_err().contains("private key"));
    let identity = ClientIdentity::from_pem(&issued.certificate, &issued.key).unwrap();
    assert_eq!(format!("{identity:?}"), "ClientIdentity { certificates: 1, .. }");
}
