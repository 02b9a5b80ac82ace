//! Names to addresses, and which addresses are of the public internet (RFC 6890 and the IANA
//! special-purpose address registries).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Looks names up, `localhost` excepted, and refuses what is not public where that is asked for.
pub(crate) struct Resolver {
    lookup: Arc<dyn Resolve>,
    public_only: bool,
}

impl Resolver {
    pub(crate) fn new(lookup: Arc<dyn Resolve>, public_only: bool) -> Self {
        Resolver { lookup, public_only }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let public_only = self.public_only;
        if name.as_str() == "localhost" {
            // http goes to loopback alone, whatever a name service would say (RFC 6761 §6.3).
            return Box::pin(std::future::ready(answer(localhost(), public_only)));
        }
        let looked_up = self.lookup.resolve(name);
        Box::pin(async move { answer(looked_up.await?.collect(), public_only) })
    }
}

/// The operating system's resolver.
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// An address that [`public_only`](crate::Builder::public_only) refuses.
#[derive(Debug)]
pub(crate) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an address of the public internet, got one of a private network")
    }
}

impl std::error::Error for NotPublic {}

/// Whether the URL's host, if it is an address literal, is public. Names pass: they are checked
/// when they are looked up.
pub(crate) fn literal_is_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_public_v4(ip),
        Some(Host::Ipv6(ip)) => is_public_v6(ip),
        Some(Host::Domain(_)) | None => true,
    }
}

/// All addresses, or none: a name that answers with both kinds is not to be trusted with either.
fn answer(
    addresses: Vec<SocketAddr>,
    public_only: bool,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    if public_only && !addresses.iter().all(|address| is_public(address.ip())) {
        return Err(Box::new(NotPublic));
    }
    Ok(Box::new(addresses.into_iter()))
}

fn localhost() -> Vec<SocketAddr> {
    vec![(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !NOT_PUBLIC_V4.iter().any(|(network, bits)| {
        let network = u32::from(Ipv4Addr::from(*network));
        (u32::from(ip) ^ network) >> (32 - bits) == 0
    })
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = carried_v4(ip) {
        return is_public_v4(v4);
    }
    within(ip, GLOBAL_UNICAST) && !NOT_PUBLIC_V6.iter().any(|network| within(ip, *network))
}

/// The IPv4 address behind a mapped (RFC 4291 §2.5.5.2) or a translated one (RFC 6052 §2.1).
fn carried_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    const TRANSLATED: Network6 = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
    let mapped = ip.to_ipv4_mapped();
    mapped.or_else(|| within(ip, TRANSLATED).then(|| Ipv4Addr::from_bits(ip.to_bits() as u32)))
}

fn within(ip: Ipv6Addr, (network, bits): Network6) -> bool {
    (ip.to_bits() ^ network.to_bits()) >> (128 - bits) == 0
}

/// An address and how many of its leading bits count.
type Network6 = (Ipv6Addr, u32);

const NOT_PUBLIC_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private use
    ([100, 64, 0, 0], 10),    // shared address space
    ([127, 0, 0, 0], 8),      // loopback
    ([169, 254, 0, 0], 16),   // link local, metadata services of clouds
    ([172, 16, 0, 0], 12),    // private use
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private use
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([168, 63, 129, 16], 32), // Azure's platform services, inside its networks
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

const GLOBAL_UNICAST: Network6 = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

const NOT_PUBLIC_V6: [Network6; 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: any IPv4 address inside
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

#[cfg(test)]
mod tests {
    use client_registry::HttpClient;
    use protocol_core::HttpErrorKind;

    use super::*;
    use crate::Client;

    const PRIVATE: [&str; 42] = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.168.255.255",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "168.63.129.16",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];

    const PUBLIC: [&str; 13] = [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.169.0.0",
        "223.255.255.255",
        "2606:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:1.1.1.1",
        "64:ff9b::1.1.1.1",
    ];

    /// Answers every name with these addresses.
    struct Answers(Vec<SocketAddr>);

    impl Resolve for Answers {
        fn resolve(&self, _name: Name) -> Resolving {
            let addresses: Addrs = Box::new(self.0.clone().into_iter());
            Box::pin(std::future::ready(Ok(addresses)))
        }
    }

    fn answers(ips: &[&str]) -> Answers {
        Answers(ips.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 9)).collect())
    }

    async fn asked(client: &Client, url: &str) -> Result<(), HttpErrorKind> {
        let request = http::Request::get(url).body(Vec::new()).unwrap();
        client.send(request).await.map(drop).map_err(|error| error.kind)
    }

    #[test]
    fn public_addresses_pass_up_to_the_edges_of_the_private_networks() {
        for ip in PUBLIC {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[tokio::test]
    async fn refusal_e11_private_networks_by_literal_and_by_name() {
        for ip in PRIVATE {
            let literal = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
            let url = format!("https://{literal}/jwks");
            let client = Client::builder().public_only(true).lookup(answers(&[ip])).build();
            let client = client.unwrap();
            assert_eq!(asked(&client, &url).await, Err(HttpErrorKind::Refused), "{ip}");
            let named = asked(&client, "https://issuer.example/jwks").await;
            assert_eq!(named, Err(HttpErrorKind::Refused), "a name that answers to {ip}");
        }
    }

    #[tokio::test]
    async fn refusal_e11_a_name_with_public_and_private_addresses_and_localhost() {
        let lookup = answers(&["1.1.1.1", "10.0.0.1"]);
        let client = Client::builder().public_only(true).lookup(lookup).build().unwrap();
        for url in ["https://issuer.example/", "https://localhost/", "http://localhost:9/"] {
            assert_eq!(asked(&client, url).await, Err(HttpErrorKind::Refused), "{url}");
        }
    }

    #[tokio::test]
    async fn private_networks_are_in_reach_unless_public_only() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let client = Client::builder().lookup(Answers(vec![closed])).build().unwrap();
        let url = format!("https://issuer.example:{}/", closed.port());
        assert_eq!(asked(&client, &url).await, Err(HttpErrorKind::Connect));
    }

    #[tokio::test]
    async fn refusal_e2_localhost_is_loopback_whatever_the_name_service_says() {
        let resolver = Resolver::new(Arc::new(answers(&["192.0.2.7"])), false);
        let of = async |name: &str| resolver.resolve(name.parse().unwrap()).await.unwrap();
        assert!(of("localhost").await.all(|address| address.ip().is_loopback()));
        let other: Vec<_> = of("issuer.example").await.collect();
        assert_eq!(other, ["192.0.2.7:9".parse().unwrap()]);
    }
}
