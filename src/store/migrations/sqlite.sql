CREATE TABLE access_tokens (publicId TEXT NOT NULL, organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, clientId TEXT NOT NULL, secretId TEXT, hash TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, PRIMARY KEY (publicId), FOREIGN KEY (clientId) REFERENCES clients (id)) STRICT

CREATE TABLE billing_modes (organisationId TEXT NOT NULL, id TEXT NOT NULL, userId TEXT NOT NULL, product TEXT NOT NULL, mode TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE billing_settings (organisationId TEXT NOT NULL, settings TEXT NOT NULL, version INTEGER NOT NULL, updatedAt INTEGER NOT NULL, updatedBy TEXT NOT NULL, PRIMARY KEY (organisationId), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE certificate_uses (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, fingerprint TEXT NOT NULL, firstVerifiedAt INTEGER NOT NULL, lastVerifiedAt INTEGER NOT NULL, PRIMARY KEY (connectionId, fingerprint), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE certificate_warnings (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, fingerprint TEXT NOT NULL, days INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (connectionId, fingerprint, days), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE client_secrets (publicId TEXT NOT NULL, clientId TEXT NOT NULL, hash TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER, lastUsedAt INTEGER, revokedAt INTEGER, PRIMARY KEY (publicId), FOREIGN KEY (clientId) REFERENCES clients (id)) STRICT

CREATE TABLE clients (id TEXT NOT NULL, organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, label TEXT NOT NULL, trust TEXT, createdAt INTEGER NOT NULL, revokedAt INTEGER, PRIMARY KEY (id), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE connections (id TEXT NOT NULL, organisationId TEXT NOT NULL, name TEXT NOT NULL, plugin TEXT NOT NULL, enabled INTEGER NOT NULL, saml TEXT, applicationUrl TEXT, userCount INTEGER NOT NULL DEFAULT 0, groupCount INTEGER NOT NULL DEFAULT 0, version INTEGER NOT NULL, createdAt INTEGER NOT NULL, assignments INTEGER NOT NULL DEFAULT 1, lastProvider TEXT, linkGeneration INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id), CONSTRAINT connections_organisation UNIQUE (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE contractions (organisationId TEXT NOT NULL, id TEXT NOT NULL, poolId TEXT NOT NULL, capacity INTEGER NOT NULL, at INTEGER NOT NULL, state TEXT NOT NULL, createdBy TEXT NOT NULL, createdAt INTEGER NOT NULL, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId, poolId) REFERENCES pools (organisationId, id)) STRICT

CREATE TABLE directory_groups (organisationId TEXT NOT NULL, id TEXT NOT NULL, connectionId TEXT NOT NULL, externalId TEXT, displayName TEXT NOT NULL, displayNameKey TEXT NOT NULL, document TEXT NOT NULL, search TEXT NOT NULL, version INTEGER NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, twinKey TEXT, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE entries (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, organisationId TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, userId TEXT, product TEXT NOT NULL, poolId TEXT, seatId TEXT, tier TEXT, delta INTEGER NOT NULL, reason TEXT NOT NULL, cause TEXT NOT NULL, details TEXT NOT NULL, sequence INTEGER, hash TEXT) STRICT

CREATE TABLE fact_ends (organisationId TEXT NOT NULL, userId TEXT NOT NULL, digest TEXT NOT NULL, endsAt INTEGER NOT NULL, PRIMARY KEY (organisationId, userId, digest), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE facts (organisationId TEXT NOT NULL, userId TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, source TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (organisationId, userId, digest), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE hand_overs (organisationId TEXT NOT NULL, toConnectionId TEXT NOT NULL, fromConnectionId TEXT NOT NULL, userNameKey TEXT NOT NULL, createdAt INTEGER NOT NULL, PRIMARY KEY (organisationId, toConnectionId, fromConnectionId, userNameKey), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE identities (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, nameId TEXT NOT NULL, userId TEXT NOT NULL, PRIMARY KEY (connectionId, nameId), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE invitations (organisationId TEXT NOT NULL, id TEXT NOT NULL, publicId TEXT NOT NULL, hash TEXT NOT NULL, address TEXT NOT NULL, addressKey TEXT NOT NULL, userId TEXT NOT NULL, isNew INTEGER NOT NULL, teams TEXT NOT NULL, poolId TEXT, state TEXT NOT NULL, invitedBy TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, endedAt INTEGER, PRIMARY KEY (organisationId, id), CONSTRAINT invitations_secret UNIQUE (publicId), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE key_turns (name TEXT NOT NULL, purpose TEXT NOT NULL, createdAt INTEGER NOT NULL, signsFrom INTEGER, endsAt INTEGER, PRIMARY KEY (name)) STRICT

CREATE TABLE logout_messages (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, direction TEXT NOT NULL, id TEXT NOT NULL, browserHash TEXT, expiresAt INTEGER NOT NULL, PRIMARY KEY (connectionId, direction, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE mail_domains (organisationId TEXT NOT NULL, id TEXT NOT NULL, domain TEXT NOT NULL, verifiedDomain TEXT, proof TEXT NOT NULL, connectionId TEXT, createdAt INTEGER NOT NULL, verifiedAt INTEGER, checkedAt INTEGER, missingSince INTEGER, nextCheckAt INTEGER, PRIMARY KEY (organisationId, id), CONSTRAINT mail_domains_name UNIQUE (organisationId, domain), CONSTRAINT mail_domains_verified UNIQUE (verifiedDomain), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE memberships (organisationId TEXT NOT NULL, groupId TEXT NOT NULL, userId TEXT NOT NULL, display TEXT, displayKey TEXT, PRIMARY KEY (organisationId, groupId, userId), FOREIGN KEY (organisationId, groupId) REFERENCES directory_groups (organisationId, id), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE metadata_sources (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, url TEXT NOT NULL, refreshedAt INTEGER, nextRefreshAt INTEGER NOT NULL, failedAt INTEGER, failures INTEGER NOT NULL DEFAULT 0, failure TEXT, askedAt INTEGER, claimedUntil INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (connectionId), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE organisations (id TEXT NOT NULL, slug TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0, rulesRevision INTEGER NOT NULL DEFAULT 0, createdAt INTEGER NOT NULL, timeZone TEXT NOT NULL DEFAULT 'UTC', brake TEXT, isCounting INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (id), CONSTRAINT organisations_slug UNIQUE (slug)) STRICT

CREATE TABLE outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, organisationId TEXT NOT NULL, userId TEXT, type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, nextAttemptAt INTEGER NOT NULL, claimedUntil INTEGER NOT NULL DEFAULT 0, claimedBy TEXT, lastError TEXT, deliveredAt INTEGER, subjectId TEXT, CONSTRAINT outbox_event UNIQUE (id)) STRICT

CREATE TABLE plans (organisationId TEXT NOT NULL, id TEXT NOT NULL, planned TEXT NOT NULL, report TEXT NOT NULL, people TEXT NOT NULL, baseVersion INTEGER NOT NULL, createdAt INTEGER NOT NULL, createdBy TEXT NOT NULL, expiresAt INTEGER NOT NULL, appliedAt INTEGER, appliedBy TEXT, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE pools (organisationId TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, product TEXT NOT NULL, tiers TEXT NOT NULL, kind TEXT NOT NULL, capacity INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, ceiling INTEGER NOT NULL, priority INTEGER NOT NULL, policy TEXT NOT NULL, version INTEGER NOT NULL, createdAt INTEGER NOT NULL, overage INTEGER NOT NULL DEFAULT 0, autoscaleMax INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (organisationId, id), CONSTRAINT pools_name UNIQUE (organisationId, name), CONSTRAINT pools_used_within CHECK (used >= 0 AND used <= ceiling), CONSTRAINT pools_capacity_positive CHECK (capacity >= 0), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE principals (organisationId TEXT NOT NULL, id TEXT NOT NULL, userId TEXT, name TEXT, role TEXT NOT NULL, extraScopes TEXT NOT NULL, teams TEXT NOT NULL, grantedBy TEXT NOT NULL, createdAt INTEGER NOT NULL, endedAt INTEGER, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE provisioning_log (organisationId TEXT NOT NULL, id TEXT NOT NULL, connectionId TEXT NOT NULL, at INTEGER NOT NULL, requestId TEXT NOT NULL, method TEXT NOT NULL, resource TEXT NOT NULL, resourceId TEXT, userId TEXT, userNameKey TEXT, query TEXT NOT NULL, ifMatch TEXT, body TEXT, isBodyTooLarge INTEGER NOT NULL, trail TEXT NOT NULL, status INTEGER NOT NULL, refused INTEGER NOT NULL, refusal TEXT, code TEXT, effects TEXT, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE purchases (organisationId TEXT NOT NULL, id TEXT NOT NULL, poolId TEXT NOT NULL, product TEXT NOT NULL, seats INTEGER NOT NULL, state TEXT NOT NULL, dueAt INTEGER, details TEXT NOT NULL, version INTEGER NOT NULL, createdAt INTEGER NOT NULL, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId, poolId) REFERENCES pools (organisationId, id)) STRICT

CREATE TABLE push_outbox (position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, organisationId TEXT NOT NULL, userId TEXT, subjectId TEXT, type TEXT NOT NULL, at INTEGER NOT NULL, data TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, nextAttemptAt INTEGER NOT NULL, claimedUntil INTEGER NOT NULL DEFAULT 0, claimedBy TEXT, lastError TEXT, deliveredAt INTEGER, CONSTRAINT push_outbox_event UNIQUE (id)) STRICT

CREATE TABLE reclaim_exemptions (organisationId TEXT NOT NULL, id TEXT NOT NULL, userId TEXT, groupId TEXT, until INTEGER, reason TEXT NOT NULL, createdBy TEXT NOT NULL, createdAt INTEGER NOT NULL, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE removed_people (organisationId TEXT NOT NULL, userId TEXT NOT NULL, connectionId TEXT, externalId TEXT, userNameKey TEXT, removedAt INTEGER NOT NULL, person TEXT NOT NULL, PRIMARY KEY (organisationId, userId), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE requirements (organisationId TEXT NOT NULL, userId TEXT NOT NULL, product TEXT NOT NULL, tier TEXT, addOns TEXT NOT NULL, blocked TEXT, witness TEXT NOT NULL, breakGlass TEXT, PRIMARY KEY (organisationId, userId, product), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE resources (organisationId TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, product TEXT, userId TEXT NOT NULL, indispensable INTEGER NOT NULL, state TEXT NOT NULL, beforeSeatId TEXT, beforeUserId TEXT, beforeState TEXT, updatedAt INTEGER NOT NULL, PRIMARY KEY (organisationId, kind, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE rules (organisationId TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, connectionId TEXT, matching TEXT NOT NULL, gives TEXT NOT NULL, createdAt INTEGER NOT NULL, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE "seats" (organisationId TEXT NOT NULL, id TEXT NOT NULL, poolId TEXT NOT NULL, product TEXT NOT NULL, userId TEXT NOT NULL, tier TEXT NOT NULL, grantedAt INTEGER NOT NULL, lastUsedAt INTEGER NOT NULL, lastSignInAt INTEGER, expiresAt INTEGER, generation INTEGER NOT NULL, signInOrder INTEGER AS (COALESCE(lastSignInAt, grantedAt)) STORED, state TEXT NOT NULL DEFAULT 'active', consumes INTEGER NOT NULL DEFAULT 1 CHECK (consumes = 1 OR state NOT IN ('active', 'grace')), protectedUntil INTEGER, memory TEXT, reservation TEXT, unit TEXT NOT NULL DEFAULT '', reviewAt INTEGER, lookAt INTEGER DEFAULT 0, PRIMARY KEY (organisationId, id), CONSTRAINT seats_holder UNIQUE (organisationId, userId, product, unit), FOREIGN KEY (organisationId, poolId) REFERENCES pools (organisationId, id), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE secrets (name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name)) STRICT

CREATE TABLE session_spans (organisationId TEXT NOT NULL, endsAt INTEGER NOT NULL, userId TEXT NOT NULL, startsAt INTEGER NOT NULL, PRIMARY KEY (organisationId, endsAt, userId, startsAt)) STRICT

CREATE TABLE sessions (idHash TEXT NOT NULL, organisationId TEXT NOT NULL, userId TEXT NOT NULL, connectionId TEXT NOT NULL, nameId TEXT NOT NULL, sessionIndex TEXT, createdAt INTEGER NOT NULL, lastSeenAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, endedAt INTEGER, endReason TEXT, nameIdFormat TEXT, id TEXT, address TEXT, browserHash TEXT, PRIMARY KEY (idHash), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE sign_in_log (organisationId TEXT NOT NULL, id TEXT NOT NULL, connectionId TEXT NOT NULL, at INTEGER NOT NULL, requestId TEXT NOT NULL, refused INTEGER NOT NULL, code TEXT, reason TEXT, userId TEXT, userName TEXT, userNameKey TEXT, sessionId TEXT, address TEXT, attempts INTEGER NOT NULL, trace TEXT, traceUntil INTEGER, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE sign_in_requests (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, id TEXT NOT NULL, browserHash TEXT NOT NULL, returnTo TEXT, relayState TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, PRIMARY KEY (connectionId, id)) STRICT

CREATE TABLE sign_in_tests (organisationId TEXT NOT NULL, id TEXT NOT NULL, connectionId TEXT NOT NULL, secretHash TEXT NOT NULL, createdBy TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, requestId TEXT, relayState TEXT, browserHash TEXT, startedAt INTEGER, finishedAt INTEGER, report TEXT, PRIMARY KEY (organisationId, id), CONSTRAINT sign_in_tests_secret UNIQUE (secretHash), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE sign_in_traces (connectionId TEXT NOT NULL, organisationId TEXT NOT NULL, startedAt INTEGER NOT NULL, startedBy TEXT NOT NULL, endsAt INTEGER NOT NULL, taken INTEGER NOT NULL, PRIMARY KEY (connectionId), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE stale_users (organisationId TEXT NOT NULL, userId TEXT NOT NULL, PRIMARY KEY (organisationId, userId)) STRICT

CREATE TABLE tokens (publicId TEXT NOT NULL, kind TEXT NOT NULL, organisationId TEXT, connectionId TEXT, hash TEXT NOT NULL, label TEXT NOT NULL, createdAt INTEGER NOT NULL, expiresAt INTEGER, lastUsedAt INTEGER, revokedAt INTEGER, principalId TEXT, scopes TEXT, PRIMARY KEY (publicId), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE use_days (organisationId TEXT NOT NULL, day INTEGER NOT NULL, product TEXT NOT NULL, userId TEXT NOT NULL, PRIMARY KEY (organisationId, day, product, userId), FOREIGN KEY (organisationId) REFERENCES organisations (id)) STRICT

CREATE TABLE used_assertions (organisationId TEXT NOT NULL, connectionId TEXT NOT NULL, assertionId TEXT NOT NULL, expiresAt INTEGER NOT NULL, PRIMARY KEY (connectionId, assertionId)) STRICT

CREATE TABLE used_client_assertions (clientId TEXT NOT NULL, assertionHash TEXT NOT NULL, expiresAt INTEGER NOT NULL, PRIMARY KEY (clientId, assertionHash)) STRICT

CREATE TABLE user_emails (organisationId TEXT NOT NULL, userId TEXT NOT NULL, valueKey TEXT NOT NULL, PRIMARY KEY (organisationId, userId, valueKey)) STRICT

CREATE TABLE users (organisationId TEXT NOT NULL, id TEXT NOT NULL, connectionId TEXT, externalId TEXT, userName TEXT NOT NULL, userNameKey TEXT, displayName TEXT, displayNameKey TEXT, active INTEGER NOT NULL, deactivatedAt INTEGER, document TEXT NOT NULL, search TEXT NOT NULL, emailsDigest TEXT NOT NULL, version INTEGER NOT NULL, createdAt INTEGER NOT NULL, updatedAt INTEGER NOT NULL, lastSignInAt INTEGER, deletedAt INTEGER, assertedGroups TEXT, PRIMARY KEY (organisationId, id), CONSTRAINT users_name UNIQUE (organisationId, userNameKey), FOREIGN KEY (organisationId) REFERENCES organisations (id), FOREIGN KEY (organisationId, connectionId) REFERENCES connections (organisationId, id)) STRICT

CREATE TABLE waiting (organisationId TEXT NOT NULL, id TEXT NOT NULL, userId TEXT NOT NULL, product TEXT NOT NULL, tier TEXT NOT NULL, poolId TEXT, since INTEGER NOT NULL, atTheDoor INTEGER NOT NULL, reason TEXT NOT NULL, priority INTEGER NOT NULL DEFAULT 0, turn INTEGER NOT NULL DEFAULT 0, reservedIn TEXT, isMember INTEGER AS (reservedIn IS NOT NULL) VIRTUAL, behind INTEGER NOT NULL DEFAULT 0, alsoPools TEXT, PRIMARY KEY (organisationId, id), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE TABLE waiting_also (organisationId TEXT NOT NULL, userId TEXT NOT NULL, entryId TEXT NOT NULL, poolId TEXT NOT NULL, firstPoolId TEXT NOT NULL, tier TEXT NOT NULL, behind INTEGER NOT NULL, turn INTEGER NOT NULL, PRIMARY KEY (organisationId, userId, entryId, poolId), FOREIGN KEY (organisationId, userId) REFERENCES users (organisationId, id)) STRICT

CREATE INDEX access_tokens_client ON access_tokens (clientId)

CREATE INDEX access_tokens_expiry ON access_tokens (expiresAt)

CREATE INDEX billing_modes_user ON billing_modes (organisationId, userId)

CREATE INDEX client_secrets_client ON client_secrets (clientId)

CREATE INDEX clients_connection ON clients (connectionId)

CREATE INDEX clients_organisation ON clients (organisationId, connectionId)

CREATE INDEX contractions_due ON contractions (organisationId, state, at)

CREATE INDEX directory_groups_display ON directory_groups (organisationId, connectionId, displayNameKey, id)

CREATE INDEX directory_groups_external ON directory_groups (organisationId, connectionId, externalId, id)

CREATE INDEX directory_groups_list ON directory_groups (organisationId, connectionId, id)

CREATE UNIQUE INDEX directory_groups_twin ON directory_groups (organisationId, connectionId, twinKey)

CREATE INDEX entries_person ON entries (organisationId, userId, sequence)

CREATE UNIQUE INDEX entries_sequence ON entries (organisationId, sequence)

CREATE INDEX fact_ends_due ON fact_ends (organisationId, endsAt)

CREATE INDEX identities_user ON identities (organisationId, userId)

CREATE INDEX invitations_address ON invitations (organisationId, addressKey)

CREATE INDEX invitations_due ON invitations (state, expiresAt)

CREATE INDEX invitations_ended ON invitations (endedAt)

CREATE INDEX invitations_user ON invitations (organisationId, userId)

CREATE INDEX logout_messages_expiry ON logout_messages (expiresAt)

CREATE INDEX mail_domains_due ON mail_domains (nextCheckAt)

CREATE INDEX memberships_user ON memberships (organisationId, userId, groupId)

CREATE INDEX metadata_sources_due ON metadata_sources (nextRefreshAt)

CREATE INDEX organisations_counting ON organisations (isCounting, id)

CREATE INDEX outbox_due ON outbox (deliveredAt, position)

CREATE INDEX outbox_subject ON outbox (organisationId, subjectId, deliveredAt, position)

CREATE INDEX plans_expiry ON plans (expiresAt)

CREATE INDEX principals_user ON principals (organisationId, userId)

CREATE INDEX provisioning_log_age ON provisioning_log (at)

CREATE INDEX provisioning_log_name ON provisioning_log (organisationId, userNameKey, at, id)

CREATE INDEX provisioning_log_request ON provisioning_log (organisationId, requestId)

CREATE INDEX provisioning_log_resource ON provisioning_log (organisationId, resourceId, at, id)

CREATE INDEX provisioning_log_time ON provisioning_log (organisationId, connectionId, at, id)

CREATE INDEX provisioning_log_user ON provisioning_log (organisationId, userId, at, id)

CREATE INDEX provisioning_log_verdict ON provisioning_log (organisationId, connectionId, refused, at, id)

CREATE INDEX purchases_due ON purchases (state, dueAt)

CREATE INDEX push_outbox_due ON push_outbox (deliveredAt, position)

CREATE INDEX push_outbox_subject ON push_outbox (organisationId, subjectId, deliveredAt, position)

CREATE INDEX reclaim_exemptions_member ON reclaim_exemptions (organisationId, groupId)

CREATE INDEX reclaim_exemptions_user ON reclaim_exemptions (organisationId, userId)

CREATE INDEX removed_people_due ON removed_people (removedAt)

CREATE INDEX removed_people_external ON removed_people (organisationId, connectionId, externalId, userId)

CREATE INDEX removed_people_name ON removed_people (organisationId, userNameKey, connectionId, userId)

CREATE INDEX resources_before ON resources (organisationId, beforeUserId)

CREATE INDEX resources_guard ON resources (organisationId, indispensable)

CREATE INDEX resources_owner ON resources (organisationId, userId)

CREATE INDEX seats_granted ON seats (organisationId, poolId, grantedAt, id) WHERE expiresAt IS NULL

CREATE INDEX seats_look ON seats (organisationId, lookAt)

CREATE INDEX seats_reservation ON seats (organisationId, poolId, reservation, consumes)

CREATE INDEX seats_review ON seats (organisationId, reviewAt)

CREATE INDEX seats_sign_in ON seats (organisationId, poolId, signInOrder, grantedAt, id)

CREATE INDEX seats_use ON seats (organisationId, poolId, lastUsedAt, grantedAt, id) WHERE expiresAt IS NULL

CREATE INDEX session_spans_user ON session_spans (organisationId, userId)

CREATE INDEX sessions_browser ON sessions (browserHash)

CREATE INDEX sessions_expiry ON sessions (expiresAt)

CREATE INDEX sessions_live ON sessions (organisationId, endedAt, id)

CREATE UNIQUE INDEX sessions_name ON sessions (id)

CREATE INDEX sessions_user ON sessions (organisationId, userId)

CREATE INDEX sign_in_log_age ON sign_in_log (at)

CREATE INDEX sign_in_log_name ON sign_in_log (organisationId, userNameKey, at, id)

CREATE INDEX sign_in_log_request ON sign_in_log (organisationId, requestId)

CREATE INDEX sign_in_log_time ON sign_in_log (organisationId, connectionId, at, id)

CREATE INDEX sign_in_log_traced ON sign_in_log (traceUntil)

CREATE INDEX sign_in_log_user ON sign_in_log (organisationId, userId, at, id)

CREATE INDEX sign_in_log_verdict ON sign_in_log (organisationId, connectionId, refused, at, id)

CREATE INDEX sign_in_requests_expiry ON sign_in_requests (expiresAt)

CREATE INDEX sign_in_tests_expiry ON sign_in_tests (expiresAt)

CREATE INDEX sign_in_tests_relay ON sign_in_tests (connectionId, relayState)

CREATE INDEX tokens_organisation ON tokens (organisationId, publicId)

CREATE INDEX used_assertions_expiry ON used_assertions (expiresAt)

CREATE INDEX used_client_assertions_expiry ON used_client_assertions (expiresAt)

CREATE INDEX user_emails_value ON user_emails (organisationId, valueKey, userId)

CREATE INDEX users_display ON users (organisationId, connectionId, displayNameKey, id)

CREATE INDEX users_external ON users (organisationId, connectionId, externalId, id)

CREATE INDEX users_list ON users (organisationId, connectionId, deletedAt, id)

CREATE INDEX waiting_also_queue ON waiting_also (organisationId, poolId, tier, behind, turn, entryId, firstPoolId)

CREATE INDEX waiting_lineup ON waiting (organisationId, product, behind, turn, id)

CREATE INDEX waiting_member ON waiting (organisationId, isMember, product, turn)

CREATE INDEX waiting_queue ON waiting (organisationId, product, tier, poolId, atTheDoor, behind, turn, id)

CREATE INDEX waiting_user ON waiting (organisationId, userId)

CREATE TRIGGER entries_appended BEFORE INSERT ON entries WHEN NEW.sequence IS NULL OR NEW.hash IS NULL OR EXISTS (SELECT 1 FROM entries WHERE organisationId = NEW.organisationId AND sequence >= NEW.sequence) OR EXISTS (SELECT 1 FROM entries WHERE position = NEW.position) BEGIN SELECT RAISE(ABORT, 'seatkeeper: a ledger entry needs the next number and a hash'); END

CREATE TRIGGER entries_kept BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'seatkeeper: the ledger is append-only'); END

CREATE TRIGGER entries_unchanged BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'seatkeeper: the ledger is append-only'); END

CREATE TRIGGER seats_given_back AFTER DELETE ON seats BEGIN UPDATE pools SET ceiling = MAX(capacity + overage, used - 1), used = used - 1 WHERE organisationId = OLD.organisationId AND id = OLD.poolId AND OLD.consumes = 1; END

CREATE TRIGGER seats_moved AFTER UPDATE OF organisationId, poolId, consumes ON seats WHEN (NEW.poolId <> OLD.poolId OR NEW.organisationId <> OLD.organisationId OR NEW.consumes <> OLD.consumes) BEGIN UPDATE pools SET ceiling = MAX(capacity + overage, used - 1), used = used - 1 WHERE organisationId = OLD.organisationId AND id = OLD.poolId AND OLD.consumes = 1; SELECT RAISE(ABORT, 'seatkeeper: pool full') WHERE NEW.consumes = 1 AND NOT EXISTS (SELECT 1 FROM pools WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND used < capacity + overage); UPDATE pools SET used = used + 1 WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND NEW.consumes = 1; END

CREATE TRIGGER seats_taken AFTER INSERT ON seats BEGIN SELECT RAISE(ABORT, 'seatkeeper: pool full') WHERE NEW.consumes = 1 AND NOT EXISTS (SELECT 1 FROM pools WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND used < capacity + overage); UPDATE pools SET used = used + 1 WHERE organisationId = NEW.organisationId AND id = NEW.poolId AND NEW.consumes = 1; END

INSERT INTO migrations (name) VALUES ('0001-directory'), ('0002-entitlements'), ('0003-seats'), ('0004-sign-in'), ('0005-history'), ('0006-clients'), ('0007-provisioning-log'), ('0008-removed-people'), ('0009-assignments'), ('0011-lists'), ('0012-events'), ('0013-group-names'), ('0014-ledger'), ('0016-billing'), ('0017-pool-limits'), ('0018-seat-states'), ('0019-lighter-writes'), ('0020-waiting-turns'), ('0021-reclaim'), ('0022-delegation'), ('0023-change-sets'), ('0024-sign-in-flows'), ('0025-trust'), ('0026-sessions'), ('0029-browser-of-a-session'), ('0030-last-provider'), ('0031-lease-looks'), ('0034-granted-order'), ('0035-break-glass'), ('0036-session-spans'), ('0037-counting'), ('0038-several-pools')
