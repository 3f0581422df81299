//! The dashboard's routes (playmoney.md section 8).

use serde_json::{Value, json};

use crate::harness::{STORES, World, request, request_with};

#[tokio::test]
async fn api_keys_are_listed_with_their_prefix_only() {
    for store in STORES {
        let world = World::on(store).await;
        let made = world.admin("POST", "/api-keys", &json!({"label": "ci"})).await.ok(201);
        let list = world.admin("GET", "/api-keys", &Value::Null).await;
        let data = list.ok(200)["data"].clone();
        assert_eq!(data.as_array().unwrap().len(), 2);
        assert_eq!(data[0]["prefix"], json!(world.key[..19]));
        assert_eq!((&data[1]["id"], &data[1]["label"]), (&made["id"], &json!("ci")));
        assert!(!list.text.contains(&world.key) && !list.text.contains(made["key"].as_str().unwrap()));
        let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
        assert_eq!(world.admin("PATCH", &path, &json!({"label": "new"})).await.ok(200)["label"], "new");
        assert_eq!(world.admin("GET", &path, &Value::Null).await.ok(200)["label"], "new");
        for body in [json!({"label": ""}), json!({"label": "x".repeat(81)}), json!({"expires_at": "soon"})] {
            assert_eq!(world.admin("PATCH", &path, &body).await.status, 400, "{body}");
            assert_eq!(world.admin("POST", "/api-keys", &body).await.status, 400, "{body}");
        }
        for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)] {
            assert_eq!(world.admin(method, "/api-keys/key_none", &body).await.status, 404);
        }
    }
}

#[tokio::test]
async fn stores_are_what_application_names() {
    for store in STORES {
        let world = World::on(store).await;
        let made = world.admin("POST", "/stores", &json!({"slug": "shop-2", "name": "Second"})).await.ok(201);
        assert_eq!(made, json!({"slug": "shop-2", "name": "Second"}));
        let second = json!({"application": "shop-2"});
        world.create(&request_with("R1", second.clone())).await.ok(201);
        assert_eq!(world.admin("POST", "/stores", &json!({"slug": "shop-2"})).await.status, 409);
        assert_eq!(world.admin("PATCH", "/stores/shop-2", &json!({"name": "Two"})).await.ok(200)["name"], "Two");
        let prompts = world.admin("GET", "/prompts", &Value::Null).await.ok(200);
        assert_eq!(prompts["data"][0]["store"], "Two");
        let list = world.admin("GET", "/stores", &Value::Null).await.ok(200);
        let slugs: Vec<_> = list["data"].as_array().unwrap().iter().map(|store| store["slug"].clone()).collect();
        assert_eq!(slugs, ["demo-store", "shop-2"]);
        assert_eq!(world.admin("DELETE", "/stores/shop-2", &Value::Null).await.status, 204);
        assert_eq!(world.admin("GET", "/stores/shop-2", &Value::Null).await.status, 404);
        world.create(&request_with("R2", second)).await.refused(404, "not_found");
        for slug in ["", "a b", "a/b", "é"] {
            assert_eq!(world.admin("POST", "/stores", &json!({"slug": slug})).await.status, 400, "{slug}");
        }
    }
}

#[tokio::test]
async fn environments_have_the_documented_members_and_bounds() {
    for store in STORES {
        let world = World::on(store).await;
        let list = world.admin("GET", "/environments", &Value::Null).await.ok(200);
        assert_eq!(list["data"].as_array().unwrap().len(), 9);
        let expected = json!({
            "id": "env_ci_moov", "operator": "moov", "country": "CI", "currency": "XOF", "enabled": true,
            "commission_bps": 150, "merchant_absorption_pct": 100, "unknown_msisdn_policy": "reject",
            "merchant_balance": 1_000_000
        });
        let path = "/environments/env_ci_moov";
        assert_eq!(world.admin("GET", path, &Value::Null).await.ok(200), expected);
        assert!(list["data"].as_array().unwrap().contains(&expected));
        for bad in [
            json!({"commission_bps": -1}),
            json!({"commission_bps": 10_001}),
            json!({"merchant_absorption_pct": 101}),
            json!({"merchant_absorption_pct": -1}),
            json!({"unknown_msisdn_policy": "maybe"}),
            json!({"merchant_balance": -1}),
            json!({"merchant_balance": 1.5}),
            json!({"enabled": "yes"}),
        ] {
            assert_eq!(world.admin("PATCH", path, &bad).await.status, 400, "{bad}");
        }
        assert_eq!(world.admin("GET", path, &Value::Null).await.ok(200), expected, "nothing half done");
        for (float, opening) in [(500, -500), (2_000_000, -2_000_000), (0, 0)] {
            let before = world.balance("opening.env_ci_moov") + world.balance("float.env_ci_moov");
            let changed = world.admin("PATCH", path, &json!({"merchant_balance": float})).await.ok(200);
            assert_eq!((&changed["merchant_balance"], world.balance("float.env_ci_moov")), (&json!(float), float));
            assert_eq!(world.balance("opening.env_ci_moov") - before, opening, "by a posting");
            world.assert_balanced();
        }
        assert_eq!(world.admin("POST", "/environments", &json!({})).await.status, 405);
        assert_eq!(world.admin("DELETE", path, &Value::Null).await.status, 405);
        assert_eq!(world.admin("GET", "/environments/env_sn_orange", &Value::Null).await.status, 404);
    }
}

#[tokio::test]
async fn test_clients_are_registered_changed_and_taken_out() {
    for store in STORES {
        let world = World::on(store).await;
        let made =
            world.admin("POST", "/test-clients", &json!({"msisdn": "+2250512345678", "balance": 700})).await.ok(201);
        let expected = json!({
            "id": "env_ci_mtn.2250512345678", "msisdn": "+2250512345678", "operator": "mtn", "country": "CI",
            "balance": 700, "status": "active", "pin": "1234"
        });
        assert_eq!(made, expected);
        let path = "/test-clients/env_ci_mtn.2250512345678";
        assert_eq!(world.admin("GET", path, &Value::Null).await.ok(200), expected);
        assert_eq!(world.admin("POST", "/test-clients", &json!({"msisdn": "+2250512345678"})).await.status, 409);
        let change = json!({"balance": 9, "status": "blocked", "pin": "0000", "name": "Awa"});
        let changed = world.admin("PATCH", path, &change).await.ok(200);
        for (name, value) in change.as_object().unwrap() {
            assert_eq!(&changed[name], value, "{name}");
        }
        world.assert_balanced();
        assert_eq!(world.admin("DELETE", path, &Value::Null).await.status, 204);
        assert_eq!(world.balance("sim.env_ci_mtn.2250512345678"), 0);
        world.assert_balanced();
        assert_eq!(world.admin("GET", path, &Value::Null).await.status, 404);
        // Registered again, it starts from nothing.
        let again = world.admin("POST", "/test-clients", &json!({"msisdn": "+2250512345678"})).await.ok(201);
        assert_eq!(again["balance"], 0);
        for bad in [
            json!({"msisdn": "0512345678"}),
            json!({"msisdn": "+22890123456"}),
            json!({"msisdn": "+2250512345679", "pin": "12"}),
            json!({"msisdn": "+2250512345679", "balance": -1}),
            json!({"msisdn": "+2250512345679", "status": "asleep"}),
            json!({"msisdn": "+2250512345679", "operator": "airtel"}),
        ] {
            assert_eq!(world.admin("POST", "/test-clients", &bad).await.status, 400, "{bad}");
        }
        let togo = json!({"msisdn": "+22890123456", "operator": "mtn"});
        assert_eq!(world.admin("POST", "/test-clients", &togo).await.ok(201)["id"], "env_tg_mtn.22890123456");
    }
}

#[tokio::test]
async fn the_fixtures_are_the_documented_ones_in_pages() {
    for store in STORES {
        let world = World::on(store).await;
        let (mut all, mut path) = (Vec::new(), "/test-clients?limit=10".to_owned());
        loop {
            let page = world.admin("GET", &path, &Value::Null).await.ok(200);
            all.extend(page["data"].as_array().unwrap().clone());
            match page["next_cursor"].as_str() {
                Some(cursor) => path = format!("/test-clients?limit=10&cursor={cursor}"),
                None => break,
            }
        }
        assert_eq!(all.len(), 27);
        for (end, status, balance) in [("111", "active", 100_000), ("222", "active", 50), ("333", "blocked", 100_000)] {
            let these: Vec<_> = all.iter().filter(|one| one["msisdn"].as_str().unwrap().ends_with(end)).collect();
            assert_eq!(these.len(), 9);
            assert!(these.iter().all(|one| one["status"] == status && one["balance"] == balance), "{end}");
        }
        for query in ["limit=0", "limit=501", "limit=x", "order=1"] {
            let answer = world.admin("GET", &format!("/test-clients?{query}"), &Value::Null).await;
            assert_eq!(answer.status, 400, "{query}");
        }
        assert_eq!(world.admin("GET", "/webhook-endpoints", &Value::Null).await.ok(200)["data"], json!([]));
    }
}

#[tokio::test]
async fn a_webhook_secret_is_shown_once_and_told_to_nobody() {
    for store in STORES {
        let world = World::on(store).await;
        let (id, secret) = world.endpoint("https://shop.test/hook").await;
        let path = format!("/webhook-endpoints/{id}");
        let shown = world.admin("GET", &path, &Value::Null).await;
        let expected = json!({
            "id": id, "url": "https://shop.test/hook", "enabled": true, "omit_reference": false,
            "created_at": "2026-06-01T09:00:00.000Z"
        });
        assert_eq!(shown.ok(200), expected);
        let changed = world.admin("PATCH", &path, &json!({"url": "https://new.test", "omit_reference": true})).await;
        let list = world.admin("GET", "/webhook-endpoints", &Value::Null).await;
        assert_eq!(list.ok(200)["data"], json!([changed.ok(200)]));
        for text in [&shown.text, &changed.text, &list.text, &format!("{:?}", world.events("*"))] {
            assert!(!text.contains(&secret));
        }
        for url in ["http://shop.test/hook", "ftp://x", "", "shop.test"] {
            assert_eq!(world.admin("POST", "/webhook-endpoints", &json!({"url": url})).await.status, 400, "{url}");
            assert_eq!(world.admin("PATCH", &path, &json!({"url": url})).await.status, 400, "{url}");
        }
        world.endpoint("http://127.0.0.1:4000/hook").await;
    }
}

#[tokio::test]
async fn unknown_members_are_named() {
    for store in STORES {
        let world = World::on(store).await;
        let rows = [
            ("POST", "/api-keys", json!({"label": "x", "lable": "y"}), "lable"),
            ("POST", "/stores", json!({"slug": "x", "slog": 1}), "slog"),
            ("PATCH", "/environments/env_ci_mtn", json!({"bps": 1}), "bps"),
            ("POST", "/test-clients", json!({"msisdn": "+2250512345678", "number": 1}), "number"),
            ("POST", "/webhook-endpoints", json!({"url": "https://x.test", "uri": 1}), "uri"),
            ("POST", "/prompts/TX_1/confirm", json!({"pin": "1", "code": 1}), "code"),
            ("POST", "/expire-pending", json!({"all": true}), "all"),
        ];
        for (method, path, body, unknown) in rows {
            let problem = world.admin(method, path, &body).await;
            assert_eq!(problem.header("content-type"), Some("application/problem+json"), "{path}");
            assert_eq!(problem.ok(400)["unknown_members"], json!([unknown]), "{path}");
        }
    }
}

#[tokio::test]
async fn another_sandbox_is_not_there() {
    for store in STORES {
        let world = World::on(store).await;
        let other = world.engine.create_sandbox(engine::NewSandbox::default()).await.unwrap();
        let (id, _) = world.endpoint("https://shop.test/hook").await;
        let payment = world.create(&request("R1")).await.ok(201);
        let tx_id = payment["id"].as_str().unwrap();
        for (sandbox, item) in [
            (other.id.as_str(), format!("webhook-endpoints/{id}")),
            ("sbx_none", "stores".to_owned()),
            ("nonsense", "stores".to_owned()),
        ] {
            let path = format!("/_playmoney/v1/sandboxes/{sandbox}/sandpay/{item}");
            assert_eq!(world.send("GET", &path, None, "").await.status, 404, "{path}");
        }
        let path = format!("/_playmoney/v1/sandboxes/{}/sandpay/prompts/{tx_id}/refuse", other.id);
        assert_eq!(world.send("POST", &path, None, "").await.status, 404);
        assert_eq!(world.get(tx_id).await["status"], "PENDING");
    }
}

#[tokio::test]
async fn both_documents_say_what_there_is() {
    let world = World::on(STORES[0]).await;
    let (_, api) = sandpay::api(world.engine.clone());
    let api = serde_json::to_value(api).unwrap();
    assert_eq!(api["openapi"], "3.1.0");
    let paths: Vec<_> = api["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths, ["/v1/health", "/v1/meta", "/v1/payments", "/v1/payments/{id}"]);
    let admin = serde_json::to_value(sandpay::admin(world.engine.clone()).to_openapi()).unwrap();
    let mut paths: Vec<_> = admin["paths"].as_object().unwrap().keys().cloned().collect();
    paths.sort();
    let expected = [
        "/api-keys",
        "/api-keys/{key_id}",
        "/environments",
        "/environments/{env_id}",
        "/expire-pending",
        "/prompts",
        "/prompts/{tx_id}/confirm",
        "/prompts/{tx_id}/refuse",
        "/stores",
        "/stores/{slug}",
        "/test-clients",
        "/test-clients/{client_id}",
        "/webhook-endpoints",
        "/webhook-endpoints/{endpoint_id}",
    ];
    assert_eq!(paths, expected);
}

/// The members of a schema, in their order.
fn members(document: &Value, schema: &str) -> Vec<String> {
    let schema = &document["components"]["schemas"][schema];
    schema["properties"].as_object().unwrap_or_else(|| panic!("{schema}")).keys().cloned().collect()
}

#[tokio::test]
async fn the_documents_describe_what_is_answered() {
    let world = World::on(STORES[0]).await;
    world.endpoint("https://shop.test/hook").await;
    let (_, api) = sandpay::api(world.engine.clone());
    let api = serde_json::to_value(api).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let payment = world.create(&request_with("R1", json!({"scenario": "success"}))).await.ok(201);
    assert_eq!(keys(&payment), members(&api, "Payment"));
    let body: Value = serde_json::from_str(&world.due()[0].body).unwrap();
    assert_eq!(keys(&body), members(&api, "WebhookBody"));
    let admin = serde_json::to_value(sandpay::admin(world.engine.clone()).to_openapi()).unwrap();
    for (path, schema) in [("/environments", "EnvironmentView"), ("/stores", "StoreView")] {
        let list = world.admin("GET", path, &Value::Null).await.ok(200);
        assert_eq!(keys(&list["data"][0]), members(&admin, schema));
    }
    let mut ids = Vec::new();
    for document in [&api, &admin] {
        for operations in document["paths"].as_object().unwrap().values() {
            ids.extend(operations.as_object().unwrap().values().map(|one| one["operationId"].as_str().unwrap()));
        }
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((count, ids.len()), (31, 31), "each operation has an id of its own");
}
