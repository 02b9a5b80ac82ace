//! What every token store must do, whatever it is built on.

use std::time::Duration;

use client_registry::{StoredToken, TokenStore};

/// Tries every clause of the contract. The store must be empty.
pub(crate) async fn holds(store: &(impl TokenStore + Clone)) {
    versions(store).await;
    writers(store).await;
    leases(store).await;
}

fn token(version: u64) -> StoredToken {
    StoredToken { sealed: version.to_le_bytes().to_vec(), version }
}

async fn versions(store: &impl TokenStore) {
    let most = i64::MAX.cast_unsigned();
    assert_eq!(store.fetch_token("c", "u").await.unwrap(), None);
    assert!(!store.update_token("c", "u", Some(1), token(2)).await.unwrap());
    assert!(store.update_token("c", "u", None, token(1)).await.unwrap());
    assert!(!store.update_token("c", "u", None, token(3)).await.unwrap());
    assert!(!store.update_token("c", "u", Some(7), token(3)).await.unwrap());
    assert!(store.update_token("c", "u", Some(1), token(most)).await.unwrap());
    assert_eq!(store.fetch_token("c", "u").await.unwrap(), Some(token(most)));
    for (client, user) in [("c", "v"), ("d", "u"), ("c", ""), ("", "cu"), ("c", "u' OR 1=1 --")] {
        assert_eq!(store.fetch_token(client, user).await.unwrap(), None, "{client} {user}");
    }
    assert!(store.update_token("c", "", None, token(5)).await.unwrap());
    store.delete_token("c", "u").await.unwrap();
    store.delete_token("c", "u").await.unwrap();
    assert_eq!(store.fetch_token("c", "u").await.unwrap(), None);
    assert_eq!(store.fetch_token("c", "").await.unwrap(), Some(token(5)));
}

/// Of many who write over the same version, one succeeds.
async fn writers(store: &(impl TokenStore + Clone)) {
    assert!(store.update_token("c", "many", None, token(1)).await.unwrap());
    let tries = (2..34).map(|version| {
        let store = store.clone();
        tokio::spawn(async move {
            store.update_token("c", "many", Some(1), token(version)).await.unwrap()
        })
    });
    let mut written = 0;
    for one in tries.collect::<Vec<_>>() {
        written += u32::from(one.await.unwrap());
    }
    assert_eq!(written, 1);
}

async fn leases(store: &impl TokenStore) {
    let long = Duration::from_secs(3600);
    assert!(store.lease("c", "u", "a", long).await.unwrap());
    assert!(!store.lease("c", "u", "b", long).await.unwrap(), "a has it");
    assert!(store.lease("c", "u", "a", long).await.unwrap(), "a keeps it");
    assert!(store.lease("c", "v", "b", long).await.unwrap(), "another user's");
    store.release("c", "u", "b").await.unwrap();
    assert!(!store.lease("c", "u", "b", long).await.unwrap(), "only a can give it back");
    store.release("c", "u", "a").await.unwrap();
    assert!(store.lease("c", "u", "b", Duration::ZERO).await.unwrap());
    assert!(store.lease("c", "u", "a", long).await.unwrap(), "b's has ended");
}
