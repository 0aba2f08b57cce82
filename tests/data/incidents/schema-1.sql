-- A database of schema 1, as the program wrote it; nine events. Read by tests/incidents/migration_test.cpp.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    subject_key TEXT NOT NULL,
    episode INTEGER NOT NULL,
    prometheus TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    resolved_at INTEGER,
    body TEXT NOT NULL,
    UNIQUE (subject_key, episode)
);
INSERT INTO incidents VALUES('019b76daabe8dc07636f8ae0','5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75',1,'main','authz-denials','high','resolved',1767225601000,1767225616000,'{"acknowledged_at":"2026-01-01T00:00:07.000Z","acknowledged_by":"alice","action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828","flapping":false,"id":"019b76daabe8dc07636f8ae0","kind":"threshold","labels":{"destination_service":"ledger","team":"payments"},"last_notice_at":"2026-01-01T00:00:16.000Z","late":false,"marked":40,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":"quiet","resolved_at":"2026-01-01T00:00:16.000Z","rule":"authz-denials","runbook_url":"","seen_by":[],"severity":"high","started_at":"2025-12-31T23:59:50.000Z","state":"resolved","subject_key":"5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75","summary":"requests to ledger were denied","techniques":["T1078"],"threshold":10,"told":["secops"],"updated_at":"2026-01-01T00:00:16.000Z","value":40,"version":6,"window":"1m"}');
INSERT INTO incidents VALUES('019b76daabe84d8aaaa15f1b','05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00',1,'main','authz-denials','critical','open',1767225601000,NULL,'{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef","flapping":false,"id":"019b76daabe84d8aaaa15f1b","kind":"threshold","labels":{"destination_service":"quotes","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"marked":12,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","seen_by":["main"],"severity":"critical","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00","summary":"requests to quotes were denied","techniques":["T1078"],"threshold":10,"told":["oncall","secops"],"updated_at":"2026-01-01T00:00:16.000Z","value":12,"version":3,"window":"1m"}');
CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES incidents (id),
    subject_key TEXT NOT NULL,
    prometheus TEXT NOT NULL,
    crossed_at INTEGER NOT NULL,
    value REAL,
    evidence TEXT NOT NULL,
    told TEXT NOT NULL
);
INSERT INTO findings VALUES(1,'019b76daabe8dc07636f8ae0','5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75','main',1767225600000,12.0,'{"notes":["the mesh itself refused 12 of them"],"rule":{"threshold":"10","window":"1m"},"series":[{"increment":40,"metric":{"__name__":"istio_requests_total","pod":"a"},"points":[[1767225595.0,0],[1767225600.0,40]]}],"taken_at":"2026-01-01T00:00:00.000Z","top_sources":[{"labels":{"source_workload":"web"},"value":40}],"truncated":false}','{"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":40}]}');
INSERT INTO findings VALUES(2,'019b76daabe84d8aaaa15f1b','05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00','main',1767225600000,12.0,'{"notes":["the mesh itself refused 12 of them"],"rule":{"threshold":"10","window":"1m"},"series":[{"increment":12,"metric":{"__name__":"istio_requests_total","pod":"a"},"points":[[1767225595.0,0],[1767225600.0,12]]}],"taken_at":"2026-01-01T00:00:00.000Z","top_sources":[{"labels":{"source_workload":"web"},"value":12}],"truncated":false}','{"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":12}]}');
CREATE TABLE events (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    term INTEGER NOT NULL,
    incident TEXT NOT NULL REFERENCES incidents (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT,
    digest TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
);
INSERT INTO events VALUES('incidents',1,1,'019b76daabe8dc07636f8ae0',1767225601000,'opened','{"at":1767225601000,"by":"","event":"opened","incident":"019b76daabe8dc07636f8ae0","note":"requests to ledger were denied","set":{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828","flapping":false,"id":"019b76daabe8dc07636f8ae0","kind":"threshold","labels":{"destination_service":"ledger","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","severity":"high","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75","summary":"requests to ledger were denied","techniques":["T1078"],"threshold":10,"told":["secops"],"updated_at":"2026-01-01T00:00:01.000Z","value":12,"version":1,"window":"1m"}}','9ad4db29d187063522f3877b67811aa75f1eae6e7634862c54ca7510597e245c','cc3efe9cf4cc5f92cbaf3f6e077de0e0c41bf5209efc0edd0f4c120ad365ff68');
INSERT INTO events VALUES('incidents',2,1,'019b76daabe84d8aaaa15f1b',1767225601000,'opened','{"at":1767225601000,"by":"","event":"opened","incident":"019b76daabe84d8aaaa15f1b","note":"requests to quotes were denied","set":{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef","flapping":false,"id":"019b76daabe84d8aaaa15f1b","kind":"threshold","labels":{"destination_service":"quotes","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","severity":"critical","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00","summary":"requests to quotes were denied","techniques":["T1078"],"threshold":10,"told":["oncall","secops"],"updated_at":"2026-01-01T00:00:01.000Z","value":12,"version":1,"window":"1m"}}','d6a6b962f17bdd331cf7c0c7df3f1abeb22afdad8dc47e10467cca17a8d22775','80f332231289a9346421f15e22ec07ad61dddae4d31f12e94acfdba7ccc4bb4f');
INSERT INTO events VALUES('incidents',3,1,'019b76daabe8dc07636f8ae0',1767225606000,'peaked','{"at":1767225606000,"by":"","event":"peaked","incident":"019b76daabe8dc07636f8ae0","note":"from 12 to 40","set":{"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","summary":"requests to ledger were denied","updated_at":"2026-01-01T00:00:06.000Z","value":40,"version":2}}','e886d7652728e3157432387be72aff29c8fe886d6541e7e42e5e3c7f1077f64f','7aa33a32b59e4faf56bd64325354a3d8c6aba73029d5d0ca74b07ae3b0f29ff9');
INSERT INTO events VALUES('incidents',4,1,'019b76daabe8dc07636f8ae0',1767225607000,'acknowledged','{"at":1767225607000,"by":"alice","event":"acknowledged","incident":"019b76daabe8dc07636f8ae0","note":"mine","set":{"acknowledged_at":"2026-01-01T00:00:07.000Z","acknowledged_by":"alice","crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","state":"acknowledged","summary":"requests to ledger were denied","updated_at":"2026-01-01T00:00:07.000Z","value":40,"version":3}}','228e08e2e5c7b6b1edd93143aeb3e20e4c0215bf4c558131360e1e87edf030d1','fc34ff00806dacffbfefd92e73c1e4dc8911d6d490174a95aa25730544da7628');
INSERT INTO events VALUES('incidents',5,1,'019b76daabe84d8aaaa15f1b',1767225611000,'blinded','{"at":1767225611000,"by":"","event":"blinded","incident":"019b76daabe84d8aaaa15f1b","note":"partial answer","set":{"blind":true,"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","summary":"requests to quotes were denied","updated_at":"2026-01-01T00:00:11.000Z","value":12,"version":2}}','4501a236957dbb620e2104db876b23fc4f0cecb35c8fe5257c1d29ef75dcd91c','22c1d5277c8d5843810a5dc68f18b2c28feb19f815df845decc3a04eadc809af');
INSERT INTO events VALUES('incidents',6,1,'019b76daabe8dc07636f8ae0',1767225611000,'blinded','{"at":1767225611000,"by":"","event":"blinded","incident":"019b76daabe8dc07636f8ae0","note":"partial answer","set":{"blind":true,"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","summary":"requests to ledger were denied","updated_at":"2026-01-01T00:00:11.000Z","value":40,"version":4}}','cedc46ea828e29675681301939a1510baf2153f724596ae2a665edfaba0a16f1','bad975576bded892fef3babdfa4359691c1965c1ef65d5d6b2e00a140bbeafbf');
INSERT INTO events VALUES('incidents',7,1,'019b76daabe84d8aaaa15f1b',1767225616000,'sighted','{"at":1767225616000,"by":"","event":"sighted","incident":"019b76daabe84d8aaaa15f1b","note":"","set":{"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","summary":"requests to quotes were denied","updated_at":"2026-01-01T00:00:16.000Z","value":12,"version":3}}','a7052494f2ae61d2c947d412bea34a91f1bf3ad3daa6e481efb0edc55b015888','f92f01a220bc3b624d1a50cde1d245adc846019a8b3289458d91ff1fa7081261');
INSERT INTO events VALUES('incidents',8,1,'019b76daabe8dc07636f8ae0',1767225616000,'sighted','{"at":1767225616000,"by":"","event":"sighted","incident":"019b76daabe8dc07636f8ae0","note":"","set":{"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"prometheus":"main","summary":"requests to ledger were denied","updated_at":"2026-01-01T00:00:16.000Z","value":40,"version":5}}','dfb349da6e37a4f2598bbf496128ecd530f23fbec10ca2a1426f9b5a155418e2','13c624fcb6c974eb86a8feda286098a9f87d71aa5b22fa082ec6adac6e772257');
INSERT INTO events VALUES('incidents',9,1,'019b76daabe8dc07636f8ae0',1767225616000,'resolved','{"at":1767225616000,"by":"","event":"resolved","incident":"019b76daabe8dc07636f8ae0","note":"it is quiet again","set":{"crossed_at":"2026-01-01T00:00:00.000Z","findings":1,"last_notice_at":"2026-01-01T00:00:16.000Z","prometheus":"main","resolve_reason":"quiet","resolved_at":"2026-01-01T00:00:16.000Z","state":"resolved","summary":"requests to ledger were denied","updated_at":"2026-01-01T00:00:16.000Z","value":40,"version":6}}','f80a830c2f005f03ae4462b4909a8570422b004d184dd601a7433450522b2130','924ce265ede63ede1e661ceec8a48177efac054d157eb5cb5c2a1ef5bf1cf473');
CREATE TABLE streams (
    stream TEXT PRIMARY KEY,
    term INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO streams VALUES('incidents',1,9,'924ce265ede63ede1e661ceec8a48177efac054d157eb5cb5c2a1ef5bf1cf473');
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    incident TEXT NOT NULL REFERENCES incidents (id),
    reason TEXT NOT NULL,
    event_seq INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_until INTEGER,
    attempted_at INTEGER,
    answer TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (target, idempotency_key)
);
INSERT INTO outbox VALUES(1,'secops','019b76daabe8dc07636f8ae0','opened',1,'dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828:opened:1','{"incident":{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828","flapping":false,"id":"019b76daabe8dc07636f8ae0","kind":"threshold","labels":{"destination_service":"ledger","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","severity":"high","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75","summary":"requests to ledger were denied","techniques":["T1078"],"threshold":10,"told":["secops"],"updated_at":"2026-01-01T00:00:01.000Z","value":12,"version":1,"window":"1m"},"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":12}]}',1767225601000,'delivered',1,1767225602000,NULL,NULL,1767225602000,'200','');
INSERT INTO outbox VALUES(2,'oncall','019b76daabe84d8aaaa15f1b','opened',2,'4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef:opened:2','{"incident":{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef","flapping":false,"id":"019b76daabe84d8aaaa15f1b","kind":"threshold","labels":{"destination_service":"quotes","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","severity":"critical","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00","summary":"requests to quotes were denied","techniques":["T1078"],"threshold":10,"told":["oncall","secops"],"updated_at":"2026-01-01T00:00:01.000Z","value":12,"version":1,"window":"1m"},"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":12}]}',1767225601000,'dead',1,0,NULL,NULL,1767225603000,'400 invalid','400 invalid');
INSERT INTO outbox VALUES(3,'secops','019b76daabe84d8aaaa15f1b','opened',2,'4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef:opened:2','{"incident":{"acknowledged_at":null,"acknowledged_by":null,"action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"4d8aaaa15f1b13527b2d69e4ffa31052bedcc3d109d648c8127e1b5d4b5b96ef","flapping":false,"id":"019b76daabe84d8aaaa15f1b","kind":"threshold","labels":{"destination_service":"quotes","team":"payments"},"last_notice_at":"2026-01-01T00:00:01.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":null,"resolved_at":null,"rule":"authz-denials","runbook_url":"","severity":"critical","started_at":"2025-12-31T23:59:50.000Z","state":"open","subject_key":"05d5df2e7c73e28437adf68e3168143b216bd58fa2b13e5cd7ab843f66402b00","summary":"requests to quotes were denied","techniques":["T1078"],"threshold":10,"told":["oncall","secops"],"updated_at":"2026-01-01T00:00:01.000Z","value":12,"version":1,"window":"1m"},"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":12}]}',1767225601000,'pending',0,1767225601000,NULL,NULL,NULL,'','');
INSERT INTO outbox VALUES(4,'secops','019b76daabe8dc07636f8ae0','resolved',9,'dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828:resolved:9','{"incident":{"acknowledged_at":"2026-01-01T00:00:07.000Z","acknowledged_by":"alice","action":"Investigate the source service","assignee":null,"blind":false,"crossed_at":"2026-01-01T00:00:00.000Z","episode":1,"findings":1,"fingerprint":"dc07636f8ae024a0d89b6d7c3ab5efabd9aca5442776870c34e4e6deb567a828","flapping":false,"id":"019b76daabe8dc07636f8ae0","kind":"threshold","labels":{"destination_service":"ledger","team":"payments"},"last_notice_at":"2026-01-01T00:00:16.000Z","late":false,"opened_at":"2026-01-01T00:00:01.000Z","prometheus":"main","reopened":0,"resolve_reason":"quiet","resolved_at":"2026-01-01T00:00:16.000Z","rule":"authz-denials","runbook_url":"","severity":"high","started_at":"2025-12-31T23:59:50.000Z","state":"resolved","subject_key":"5a285087f3777bb74d1e6f2bc98ae20a0ccd0466d0aa2ba92e7a49b2d6e2dd75","summary":"requests to ledger were denied","techniques":["T1078"],"threshold":10,"told":["secops"],"updated_at":"2026-01-01T00:00:16.000Z","value":40,"version":6,"window":"1m"},"notes":["the mesh itself refused 12 of them"],"top_sources":[{"labels":{"source_workload":"web"},"value":40}]}',1767225616000,'pending',0,1767225616000,NULL,NULL,NULL,'','');
CREATE TABLE cursors (prometheus TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO cursors VALUES('main',1767225615000);
CREATE TABLE detector_states (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, bytes BLOB NOT NULL);
INSERT INTO detector_states VALUES('main/topology',1767225601000,X'0001206279746573');
CREATE TABLE coverage (
    prometheus TEXT NOT NULL, signal TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (prometheus, signal)
) WITHOUT ROWID;
INSERT INTO coverage VALUES('main','retries','{"answered":true,"cause":["partial","3 of 10"],"checked_at":"2026-01-01T00:00:00.000Z","covered":3,"expected":10,"fix":["set","a: b"],"kind":3,"possibly_missed":true,"sight":"zero","signal":"retries","value":0}');
CREATE TABLE rule_verdicts (
    prometheus TEXT NOT NULL, rule TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (prometheus, rule)
) WITHOUT ROWID;
INSERT INTO rule_verdicts VALUES('main','authz-denials','{"cause":"","health":"ok","judged":true,"rule":"authz-denials","threshold":10,"window":60000}');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('outbox',4);
CREATE UNIQUE INDEX incidents_unresolved_once ON incidents (subject_key) WHERE state <> 'resolved';
CREATE INDEX incidents_unresolved ON incidents (prometheus) WHERE state <> 'resolved';
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX findings_incident ON findings (incident, id);
CREATE INDEX events_incident ON events (incident, seq);
CREATE INDEX outbox_pending ON outbox (target, incident, id) WHERE state = 'pending';
CREATE INDEX outbox_state ON outbox (state, target);
CREATE INDEX outbox_incident ON outbox (incident, id);
COMMIT;
PRAGMA application_id = 1297563986;
PRAGMA user_version = 1;
