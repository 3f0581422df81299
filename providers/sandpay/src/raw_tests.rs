//! The shapes of the four operators, word for word.

use super::*;

/// Table 12.5: status, MTN status and reason, Orange status and code, Moov code and message, Airtel transaction status,
/// response code, result code and code. `-` is a value that is absent or null.
const TABLE: &str = "
    SUCCESS SUCCESSFUL - SUCCESSFULL 200 0 SUCCESS TS DP00800001001 ESB000010 200
    PENDING PENDING - PENDING - 15 PENDING TIP DP00800001006 ESB000010 200
    PIN_INVALID FAILED PAYMENT_NOT_APPROVED FAILED 60023 12 WRONG_PIN TF DP00800001002 ESB000011 200
    INSUFFICIENT_FUNDS FAILED NOT_ENOUGH_FUNDS FAILED 60019 12 INSUFFICIENT_BALANCE TF DP00800001007 ESB000011 200
    TIMEOUT FAILED COULD_NOT_PERFORM_TRANSACTION EXPIRED 60026 12 TIMEOUT TF DP00800001024 ESB000011 200
    ACCOUNT_BLOCKED FAILED SENDER_ACCOUNT_NOT_ACTIVE FAILED 60022 12 ACCOUNT_BLOCKED TF DP00800001009 ESB000011 200
    USER_CANCELLED FAILED APPROVAL_REJECTED CANCELLED 60025 12 CANCELLED TF DP00800001008 ESB000011 200
    UNKNOWN_MSISDN FAILED PAYER_NOT_FOUND FAILED 60021 12 UNKNOWN_SUBSCRIBER TF DP00800001010 ESB000011 200
    LIMIT_EXCEEDED FAILED PAYER_LIMIT_REACHED FAILED 60020 12 LIMIT_EXCEEDED TF DP00800001003 ESB000011 200
    SERVICE_UNAVAILABLE FAILED SERVICE_UNAVAILABLE FAILED 60030 12 SERVICE_UNAVAILABLE TF - ESB000001 503
    DUPLICATE_REFERENCE FAILED RESOURCE_ALREADY_EXIST FAILED 4009 12 DUPLICATE TF - ESB000041 200";

fn native(operator: Operator, kind: TransactionType, status: Status) -> Native<'static> {
    Native {
        operator,
        kind,
        status,
        expired: false,
        tx_id: "TX_8K3M9F00",
        provider_tx_id: (status == Status::Success).then_some("SIM_A1B2C3D4"),
        amount: 25_000,
        currency: "FCFA",
        msisdn: "+2250712345678",
        reference: "ref-1",
        description: None,
    }
}

fn collection(operator: Operator, status: Status) -> Value {
    native(operator, TransactionType::Collection, status).build().expect("a collection always reaches the operator")
}

fn cell(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned()
}

#[test]
fn every_cell_of_table_12_5() {
    let rows: Vec<_> = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(rows.len(), Status::ALL.len());
    for row in rows {
        let status = Status::parse(row.split(' ').next().expect("a status")).expect("a status");
        let [mtn, orange] = [Operator::Mtn, Operator::Orange].map(|operator| collection(operator, status));
        let [moov, airtel] = [Operator::Moov, Operator::Airtel].map(|operator| collection(operator, status));
        let cells = [
            status.as_str().to_owned(),
            cell(&mtn, "/status"),
            cell(&mtn, "/reason"),
            cell(&orange, "/status"),
            cell(&orange, "/confirmtxnstatus"),
            cell(&moov, "/responseCode"),
            cell(&moov, "/responseMessage"),
            cell(&airtel, "/data/transaction/status"),
            cell(&airtel, "/status/response_code"),
            cell(&airtel, "/status/result_code"),
            cell(&airtel, "/status/code"),
        ];
        assert_eq!(cells.join(" "), row);
        assert_eq!(airtel["status"]["success"], matches!(status, Status::Success | Status::Pending));
    }
}

#[test]
fn an_abandoned_prompt_expires_in_the_operators_words() {
    let expired = |operator| {
        let native = native(operator, TransactionType::Collection, Status::Timeout);
        Native { expired: true, ..native }.build().expect("an object")
    };
    assert_eq!(expired(Operator::Mtn)["reason"], "EXPIRED");
    assert_eq!(expired(Operator::Orange)["status"], "EXPIRED");
    assert_eq!(expired(Operator::Moov)["responseMessage"], "TIMEOUT");
    let airtel = expired(Operator::Airtel);
    assert_eq!(airtel["data"]["transaction"]["status"], "TE");
    assert_eq!(airtel["status"]["response_code"], "DP00800001029");
}

#[test]
fn payouts_speak_of_the_payee() {
    for kind in [TransactionType::Refund, TransactionType::Disbursement] {
        let payout = |operator, status| native(operator, kind, status).build().expect("an object");
        let paid = payout(Operator::Mtn, Status::Success);
        assert_eq!(paid["payee"]["partyId"], "2250712345678");
        assert_eq!(paid.get("payer"), None);
        assert_eq!(payout(Operator::Mtn, Status::AccountBlocked)["reason"], "PAYEE_NOT_ALLOWED_TO_RECEIVE");
        assert_eq!(payout(Operator::Mtn, Status::UnknownMsisdn)["reason"], "PAYEE_NOT_FOUND");
        assert_eq!(payout(Operator::Moov, Status::Success)["type"], "cashout");
        for operator in Operator::ALL {
            let unfunded = native(operator, kind, Status::InsufficientFunds).build();
            assert_eq!(unfunded, None, "the operator is never reached");
        }
    }
}

#[test]
fn airtel_disbursements_have_their_own_family_of_codes() {
    let code = |kind| {
        let object = native(Operator::Airtel, kind, Status::Success).build().expect("an object");
        cell(&object, "/status/response_code")
    };
    assert_eq!(code(TransactionType::Disbursement), "DP00900001001");
    assert_eq!(code(TransactionType::Refund), "DP00800001001");
}

#[test]
fn the_bytes_of_each_success() {
    let expected = [
        (
            Operator::Mtn,
            r#"{"_simulated":true,"amount":"25000","currency":"FCFA","externalId":"ref-1","payer":{"partyIdType":"MSISDN","partyId":"2250712345678"},"payerMessage":"Payment","payeeNote":"ref-1","status":"SUCCESSFUL","financialTransactionId":"SIM_A1B2C3D4"}"#,
        ),
        (
            Operator::Orange,
            r#"{"_simulated":true,"status":"SUCCESSFULL","subscriber_msisdn":"2250712345678","amount":25000,"txnid":"SIM_A1B2C3D4","pay_token":"ORANGE_SIM_A1B2C3D4","inittxnstatus":"200","inittxnmessage":"Ok","confirmtxnstatus":"200","confirmtxnmessage":"Transaction completed","order_id":"ref-1"}"#,
        ),
        (
            Operator::Moov,
            r#"{"_simulated":true,"responseCode":"0","responseMessage":"SUCCESS","transactionId":"SIM_A1B2C3D4","type":"cashin","msisdn":"2250712345678","amount":25000,"currency":"FCFA","reference":"ref-1"}"#,
        ),
        (
            Operator::Airtel,
            r#"{"_simulated":true,"data":{"transaction":{"id":"SIM_A1B2C3D4","status":"TS","message":"Success","airtel_money_id":"AIRTEL_SIM_A1B2C3D4"}},"status":{"code":"200","message":"Success","result_code":"ESB000010","response_code":"DP00800001001","success":true}}"#,
        ),
    ];
    for (operator, bytes) in expected {
        assert_eq!(collection(operator, Status::Success).to_string(), bytes);
    }
}

#[test]
fn before_success_there_is_no_operator_id() {
    let mtn = collection(Operator::Mtn, Status::Pending);
    assert_eq!((mtn.get("financialTransactionId"), mtn.get("reason")), (None, None));
    let orange = collection(Operator::Orange, Status::Pending);
    assert_eq!((&orange["txnid"], &orange["pay_token"]), (&json!("TX_8K3M9F00"), &json!("ORANGE_TX_8K3M9F00")));
    assert_eq!((&orange["confirmtxnstatus"], &orange["confirmtxnmessage"]), (&Value::Null, &Value::Null));
    assert_eq!(collection(Operator::Moov, Status::Pending)["transactionId"], Value::Null);
    let airtel = collection(Operator::Airtel, Status::PinInvalid);
    assert_eq!(airtel["data"]["transaction"]["id"], "ref-1");
    assert_eq!(airtel["data"]["transaction"].get("airtel_money_id"), None);
}
