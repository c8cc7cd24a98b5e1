// A pure table, generated from docs/reference/openapi.json by `npm run docs`: the operations of the admin API.

type Json = string | number | boolean | null | readonly Json[] | { readonly [member: string]: Json }

export type AdminToken = {
  id: string
  kind: 'first' | 'token' | 'session'
  label: string
  role: 'viewer' | 'support' | 'operator' | 'admin'
  apps: string[] | null
  verbs: string[] | null
  networks: string[] | null
  createdAt: string
  createdBy: string
  madeBy: string | null
  expiresAt: string
  revokedAt: string | null
  lastUsedAt: string | null
}

export type Appraisal = {
  id: string
  at: string
  appId: string
  deviceId: string | null
  purpose: 'enroll' | 'renew'
  format: string
  mode: 'enforce' | 'shadow'
  outcome: 'accepted' | 'shadowed' | 'refused'
  assurance: 'unattested' | 'software' | 'app-attested' | 'tee' | 'secure-enclave' | 'strongbox'
  platform: 'android' | 'ios' | 'other'
  model: string | null
  osVersion: string | null
  osPatchLevel: string | null
  appVersion: string
  failed: { format: string; name: string; code: string }[]
  results: AttestationResult[]
  address: string
  requestId: string
  hasEvidence: boolean
}

export type Approval = {
  id: string
  appId: string
  status: 'pending' | 'approved' | 'denied' | 'expired'
  address: string
  spkiSha256: string
  assurance: 'unattested' | 'software' | 'app-attested' | 'tee' | 'secure-enclave' | 'strongbox'
  platform: 'android' | 'ios' | 'other'
  appVersion: string
  model: string | null
  identifier: string | null
  userProvider: string | null
  userSubject: string | null
  requestedAt: string
  expiresAt: string
  decidedAt: string | null
  decidedBy: string | null
  reason: string | null
  deviceId: string | null
}

export type AttestationResult = {
  format: string
  accepted: boolean
  assurance: 'unattested' | 'software' | 'app-attested' | 'tee' | 'secure-enclave' | 'strongbox'
  development: boolean
  checks: {
    name: string
    outcome: 'passed' | 'failed' | 'unchecked'
    code: string | null
    expected: string
    found: string
  }[]
  claims: Record<string, Json>
  facts: Record<string, Json>
}

export type AttestationStatus = {
  needed: boolean
  takesSnapshot: boolean
  statusList: {
    source: 'fetch' | 'snapshot' | 'store' | null
    url: string | null
    sha256: string | null
    fetchedAt: string | null
    ageSeconds: number | null
    attemptedAt: string | null
    heldAt: string | null
    nextAttemptAt: string | null
    entries: number | null
    maxAgeSeconds: number
    tooOld: boolean
    whenTooOld: 'refuse' | 'allow'
    doubted: { sha256: string; entries: number; fetchedAt: string } | null
  }
  roots: {
    source: 'fetch' | 'snapshot' | 'store' | null
    url: string | null
    sha256: string | null
    fetchedAt: string | null
    ageSeconds: number | null
    attemptedAt: string | null
    heldAt: string | null
    nextAttemptAt: string | null
    pinned: {
      spkiSha256: string
      subject: string | null
      trusted: boolean
      published: boolean | null
    }[]
    unpinned: {
      spkiSha256: string
      subject: string | null
      trusted: boolean
      published: boolean | null
    }[]
    development: {
      spkiSha256: string
      subject: string | null
      trusted: boolean
      published: boolean | null
    }[]
  }
  devices: {
    onRevokedSerial: 'notify' | 'suspend' | 'revoke'
    listed: number
    waiting: number
    lifted: number
    sweptAt: string | null
    sweepMs: number | null
  }
  receipts: {
    teamId: string
    environment: 'production' | 'development'
    url: string
    due: number
    dueSince: string | null
    maxRiskMetric: number | null
    onRisk: 'notify' | 'suspend'
    atRisk: number
    answeredAt: string | null
    nextAttemptAt: string | null
  }[]
  problems: {
    code: string
    about: 'statusList' | 'roots' | 'snapshot' | 'receipts'
    title: string
    detail: string
    fix: string
    since: string
  }[]
}

export type Block = { gateway: string; network: string; until: string; why: string }

export type Certificate = {
  thumbprint: string
  serial: string
  deviceId: string
  appId: string
  status: 'active' | 'superseded' | 'revoked'
  predecessor: string | null
  successor: string | null
  notBefore: string
  notAfter: string
  issuedAt: string
  usedAt: string | null
  certificate: string
}

export type Device = {
  id: string
  appId: string
  trustDomain: string
  status: 'active' | 'suspended' | 'revoked' | 'superseded'
  statusReason: string | null
  statusChangedAt: string
  development: boolean
  assurance: 'unattested' | 'software' | 'app-attested' | 'tee' | 'secure-enclave' | 'strongbox'
  platform: 'android' | 'ios' | 'other'
  appVersion: string
  model: string | null
  osVersion: string | null
  osPatchLevel: string | null
  provenFacts: ('platform' | 'model' | 'osVersion' | 'osPatchLevel')[]
  batch: string | null
  userProvider: string | null
  userSubject: string | null
  phoneId: string | null
  protocol: string | null
  identifier: string | null
  enrolledFrom: string | null
  evidenceFormat: string | null
  appraisedAt: string
  enrolledAt: string
  expiresAt: string
  shadow: ShadowFinding[]
}

export type EnrollmentToken = {
  id: string
  appId: string
  label: string
  status: 'usable' | 'used' | 'expired' | 'revoked'
  createdAt: string
  createdBy: string
  madeBy: string | null
  expiresAt: string
  usedAt: string | null
  usedFor: string | null
}

export type Gateway = {
  name: string
  status: 'active' | 'revoked'
  role: string
  firstSeenAt: string
  lastSeenAt: string | null
  version: string | null
  instance: string | null
  seq: number
  behind: number
  dropped: number
  unconfirmed: number
  applied: { changes: number; medianMs: number; p99Ms: number } | null
}

export type Invalidation = {
  kind: 'token' | 'subject' | 'session' | 'deviceTokens'
  key: string
  issuer: string | null
  at: string
  issuedUntil: string | null
  until: string
  actor: string
  reason: string | null
  seq: number
}

export type Issuer = {
  id: string
  certificate: string
  kind: 'device' | 'development' | 'unattested'
  trustDomain: string
  appId: string
  status: 'active' | 'retired' | 'revoked'
  lane: string
  notBefore: string
  notAfter: string
  issuesFrom: string
}

export type Lift = { subject: string; seq: number }

export type Proposal = {
  id: string
  operation: string
  path: string
  body: string
  why: string
  status: 'open' | 'expired' | 'agreed' | 'declined'
  proposedAt: string
  proposedBy: string
  expiresAt: string
  decidedAt: string | null
  decidedBy: string | null
  reason: string | null
  outcome: string | null
}

export type RevocationList = {
  issuerId: string
  appId: string | null
  shard: number | null
  addresses: string[]
  number: number | null
  entries: number
  issuedAt: string | null
  nextUpdate: string | null
  state: 'current' | 'behind' | 'lapsed' | 'missing'
}

export type ShadowFinding = { check: string; code: string; expected: string; found: string }

/** What each operation takes, and answers with. */
export type AdminOperations = {
  /** Takes up the status list that was not believed */
  acceptStatusList: { body: { sha256: string }; answer: AttestationStatus }
  /** Agrees to a call that somebody else proposed, which is then made, once */
  agreeProposal: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: { proposal: Proposal; answer: Record<string, Json> }
  }
  /** Lets an enrolment go on */
  approveEnrollment: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: Approval
  }
  /** Ends again what had ended in an epoch before */
  confirmUnconfirmed: {
    body?: { keys?: string[] | undefined; reason?: string | undefined }
    answer: { ended: number; kept: number; dropped: number }
  }
  /** Makes a credential that ACME accounts are made with. Its key is told once */
  createAcmeCredential: {
    body: { appId: string; label?: string | undefined; lifetimeSeconds?: number | undefined }
    answer: {
      credential: {
        id: string
        appId: string
        label: string
        status: 'usable' | 'expired' | 'revoked'
        createdAt: string
        createdBy: string
        madeBy: string | null
        expiresAt: string
        revokedAt: string | null
        accounts: number
      }
      key: string
    }
  }
  /** Makes an admin token, no wider than the one that asks. Its text is told once */
  createAdminToken: {
    body: {
      label: string
      role: 'viewer' | 'support' | 'operator' | 'admin'
      apps?: string[] | undefined
      verbs?:
        | (
            | 'read'
            | 'enroll'
            | 'approve'
            | 'suspend'
            | 'revoke'
            | 'end-tokens'
            | 'lift'
            | 'operate'
            | 'agree'
            | 'privacy'
            | 'administer'
          )[]
        | undefined
      networks?: string[] | undefined
      lifetimeSeconds?: number | undefined
    }
    answer: { adminToken: AdminToken; token: string }
  }
  /** Makes a token for one enrolment. Its text is told once */
  createEnrollmentToken: {
    body: { appId: string; label?: string | undefined; lifetimeSeconds?: number | undefined }
    answer: { enrollmentToken: EnrollmentToken; token: string }
  }
  /** Makes a credential for an MDM: the challenge of its fleet. Its text is told once */
  createMdmCredential: {
    body: { appId: string; label?: string | undefined; maxPerHour?: number | undefined }
    answer: {
      credential: {
        id: string
        appId: string
        lane: string
        label: string
        status: 'usable' | 'revoked'
        maxPerHour: number
        createdAt: string
        createdBy: string
        madeBy: string | null
        revokedAt: string | null
      }
      challenge: string
    }
  }
  /** Begins a session of some hours on the word of an ID token */
  createSession: {
    body: { idToken: string; nonceVerifier?: string | undefined; accessToken?: string | undefined }
    answer: { adminToken: AdminToken; token: string }
  }
  /** Declines a proposal, also one of one’s own */
  declineProposal: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: Proposal
  }
  /** Refuses an enrolment */
  denyEnrollment: { path: { id: string }; body?: { reason?: string | undefined }; answer: Approval }
  /** Sends a receiver nothing more; what happens meanwhile waits */
  disableWebhook: {
    path: { name: string }
    body?: { reason?: string | undefined }
    answer: {
      name: string
      status: 'active' | 'failing' | 'disabled' | 'unconfigured'
      origin: string | null
      events: string[]
      apps: string[] | null
      waitingRows: number
      since: string
      lastDeliveredAt: string | null
      failures: number
      failingSince: string | null
      nextAttemptAt: string | null
      lastError: string | null
      disabledAt: string | null
      disabledBy: string | null
      disabledReason: string | null
      cursors: { chain: string; after: number; head: number }[]
    }
  }
  /** Lets go of what an epoch before had ended: it counts again */
  dropUnconfirmed: {
    body: { keys?: string[] | undefined; reason: string }
    answer: { ended: number; kept: number; dropped: number }
  }
  /** Sends a receiver events again, from where it stopped */
  enableWebhook: {
    path: { name: string }
    body?: { reason?: string | undefined; skip?: boolean | undefined }
    answer: {
      name: string
      status: 'active' | 'failing' | 'disabled' | 'unconfigured'
      origin: string | null
      events: string[]
      apps: string[] | null
      waitingRows: number
      since: string
      lastDeliveredAt: string | null
      failures: number
      failingSince: string | null
      nextAttemptAt: string | null
      lastError: string | null
      disabledAt: string | null
      disabledBy: string | null
      disabledReason: string | null
      cursors: { chain: string; after: number; head: number }[]
    }
  }
  /** Ends the session, or revokes the token, that asks */
  endSession: { body?: {}; answer: AdminToken }
  /** Ends access tokens: one, those of a session, of a user, or on a device */
  endTokens: {
    body?: {
      token?: string | undefined
      tokenId?: string | undefined
      subject?: string | undefined
      session?: string | undefined
      deviceId?: string | undefined
      provider?: string | undefined
      issuer?: string | undefined
      reason?: string | undefined
    }
    answer: { invalidations: Invalidation[]; seq: number }
  }
  /** Everything that the store holds of a user */
  exportUser: {
    path: { id: string }
    answer: {
      id: string
      tables: Record<string, Json>
      audit: {
        chain: string
        seq: number
        at: number
        actor: string | { forgotten: true }
        action: string
        subject: string | { forgotten: true }
        detail: Record<string, Json>
        personal?: {
          at: string
          kind: 'address' | 'user' | 'identifier' | 'operator'
          commitment: string
          salt?: string
          network?: string
          exactSalt?: string
          exactHash?: string
        }[]
        previous: string
        hash: string
      }[]
      cut: string[]
    }
  }
  /** Decisions by request id or support code, and what their evidence came to, kept for 30 days */
  findDecisions: {
    path: { id: string }
    answer: {
      decisions: {
        source: string
        decision: {
          requestId: string
          at: number
          address: string
          host: string
          method: string
          path: string
          route?: string
          status: number
          code?: string
          rule?: string
          deviceId?: string
          appId?: string
          thumbprint?: string
          user?: string
          stages: {
            stage: string
            mode: 'enforce' | 'shadow' | 'off'
            verdict: 'pass' | 'refuse' | 'skip'
            code?: string
            check?: string
            expected?: string
            found?: string
            rules?: { rule: string; check: string; expected: string; found: string }[]
          }[]
        }
      }[]
      appraisals: Appraisal[]
    }
  }
  /** Handshakes that failed, newest first, kept for 30 days */
  findHandshakes: {
    query?: {
      address?: string | undefined
      since?: string | undefined
      cursor?: string | undefined
      limit?: number | undefined
    }
    answer: {
      handshakes: {
        source: string
        handshake: {
          at: number
          address: string
          serverName?: string
          clientCertificate?: 'require' | 'explain' | 'optional' | 'off'
          code: string
          expected?: string
          found?: string
          thumbprint?: string
        }
      }[]
      nextCursor?: string
    }
  }
  /** Users by what their access tokens call them: the ids that they are asked for by */
  findUsers: {
    body: { subject: string; provider?: string | undefined }
    answer: {
      users: {
        id: string
        provider: string
        devices: number
        approvals: number
        forgottenAt: string | null
      }[]
    }
  }
  /** Forgets a user, and revokes their devices where that is asked for */
  forgetUser: {
    path: { id: string }
    body?: {
      revoke?: boolean | undefined
      before?: string | undefined
      reason?: string | undefined
    }
    answer: { devices: number; revoked: number; approvals: number; values: number; isMore: boolean }
  }
  /** An appraisal: every check, with what was expected and found */
  getAppraisal: { path: { id: string }; answer: Appraisal }
  /** What policy refuses, or would in mode enforce: by check, model, system and app */
  getAttestationReport: {
    query?: {
      appId?: string | undefined
      days?: number | undefined
      purpose?: 'enroll' | 'renew' | undefined
      top?: number | undefined
    }
    answer: {
      appId: string | null
      since: string
      until: string
      totals: { appraised: number; accepted: number; wouldBeRefused: number; refused: number }
      byCheck: {
        format: string
        name: string
        code: string
        wouldBeRefused: number
        refused: number
      }[]
      byModel: {
        name: string | null
        appraised: number
        accepted: number
        wouldBeRefused: number
        refused: number
      }[]
      byOsVersion: {
        name: string | null
        appraised: number
        accepted: number
        wouldBeRefused: number
        refused: number
      }[]
      byAppVersion: {
        name: string | null
        appraised: number
        accepted: number
        wouldBeRefused: number
        refused: number
      }[]
      isTruncated: boolean
    }
  }
  /** Roots and status list: what is in use, how old it is, and what is wrong */
  getAttestationStatus: { answer: AttestationStatus }
  /** A certificate by its thumbprint or serial number */
  getCertificate: { path: { id: string }; answer: Certificate }
  /** What the registry, the feed and the published status say of a certificate */
  getCertificateStatus: {
    path: { id: string }
    answer: {
      thumbprint: string
      serial: string
      appId: string
      deviceId: string
      registry: {
        certificate: 'active' | 'superseded' | 'revoked'
        device: 'active' | 'suspended' | 'revoked' | 'superseded'
        issuer: string | null
        notAfter: string
        counts: boolean
      }
      feed: {
        changes: { seq: number; at: string; about: string; status: string }[]
        issuedListed: boolean
        behind: string[]
      }
      published: {
        status: 'good' | 'revoked' | 'unknown'
        revokedAt: string | null
        reason: string | null
        lists: {
          shard: number | null
          number: number
          issuedAt: string
          nextUpdate: string
          on: boolean
        }[]
      } | null
    }
  }
  /** A device, what its evidence came to, and its certificates */
  getDevice: {
    path: { id: string }
    answer: {
      device: Device
      appraisal: Appraisal | null
      appAttestKey: {
        keyId: string
        environment: 'production' | 'development'
        riskMetric: number | null
        riskEffect: 'notified' | 'suspended' | null
        receiptAt: string | null
        receiptExpiresAt: string | null
        receiptDueAt: string | null
        receiptFault: string | null
      } | null
      certificates: Certificate[]
    }
  }
  /** The evidence as the phone sent it, kept while a device rests on it */
  getEvidence: {
    path: { id: string }
    answer: {
      challenge: string
      spki: string
      evidence?: { format: string }
      signals?: { format: string }[]
    }
  }
  /** The feed: its epoch, its end, its keys, and what gateways kept from an epoch before */
  getFeed: {
    answer: {
      epoch: string
      seq: number
      followers: number
      keySet: number
      keys: string[]
      unconfirmed: { open: number; ended: number; kept: number; dropped: number }
      restarts: { gateway: string; at: string; refused: boolean }[]
    }
  }
  /** The public keys of the feed, for gateways to pin */
  getFeedKeySet: {
    answer: {
      keys: {
        kty: 'EC'
        crv: 'P-256'
        x: string
        y: string
        kid: string
        alg: 'ES256'
        use: 'sig'
      }[]
    }
  }
  /** This description */
  getOpenApi: { answer: null }
  /** What stages in mode shadow would have refused: by route, reason and app version */
  getShadowReport: {
    query?: {
      hours?: number | undefined
      route?: string | undefined
      stage?: string | undefined
      appId?: string | undefined
      top?: number | undefined
    }
    answer: {
      since: string
      until: string
      reasons: {
        host: string
        route: string
        stage: string
        code: string
        wouldBeRefused: {
          requests: number
          ofRequests: number | null
          devices: number
          ofDevices: number | null
        }
        byAppVersion: {
          appId: string
          platform: string
          appVersion: string
          wouldBeRefused: {
            requests: number
            ofRequests: number | null
            devices: number
            ofDevices: number | null
          }
        }[]
      }[]
      isTruncated: boolean
    }
  }
  /** Where people sign in, and as which client */
  getSignIn: { answer: { issuer: string; clientId: string; scopes: string[] } }
  /** Brings the certificate that a root issued for a request of a CA */
  importIssuer: {
    body: { certificate: string; announcedMinutes?: number | undefined }
    answer: Issuer
  }
  /** Publishes the list of a root whose key is elsewhere */
  importRevocationList: { body: { list: string }; answer: RevocationList }
  /** Brings the certificate of a root whose key is kept elsewhere: new CAs are requested of it */
  importRoot: {
    path: { kind: 'device' | 'development' }
    body: { certificate: string }
    answer: { thumbprint: string; notAfter: string }
  }
  /** Ends blocks and waits of an address, an account, a user or a device, at every gateway */
  lift: {
    body?: {
      address?: string | undefined
      account?: string | undefined
      user?: string | undefined
      device?: string | undefined
      provider?: string | undefined
      issuer?: string | undefined
      reason?: string | undefined
    }
    answer: Lift
  }
  /** Credentials that ACME accounts are made with, newest first; their keys are not kept */
  listAcmeCredentials: {
    query?: { appId?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: {
      credentials: {
        id: string
        appId: string
        label: string
        status: 'usable' | 'expired' | 'revoked'
        createdAt: string
        createdBy: string
        madeBy: string | null
        expiresAt: string
        revokedAt: string | null
        accounts: number
      }[]
      nextCursor?: string
    }
  }
  /** Admin tokens and sessions, newest first; their texts are not kept */
  listAdminTokens: {
    query?: { cursor?: string | undefined; limit?: number | undefined }
    answer: { adminTokens: AdminToken[]; nextCursor?: string }
  }
  /** The appraisals of the evidence of a device, newest first */
  listAppraisals: {
    path: { id: string }
    query?: { cursor?: string | undefined; limit?: number | undefined }
    answer: { appraisals: Appraisal[]; nextCursor?: string }
  }
  /** Enrolments that need approval, oldest first; those that wait unless asked otherwise */
  listApprovals: {
    query?: {
      status?: 'pending' | 'approved' | 'denied' | undefined
      appId?: string | undefined
      cursor?: string | undefined
      limit?: number | undefined
    }
    answer: { approvals: Approval[]; nextCursor?: string }
  }
  /** The audit log, oldest first, with the hashes that chain it */
  listAudit: {
    query?: {
      chain?: string | undefined
      after?: number | undefined
      limit?: number | undefined
      actor?: string | undefined
      action?: string | undefined
      subject?: string | undefined
      since?: string | undefined
      until?: string | undefined
    }
    answer: {
      rows: {
        chain: string
        seq: number
        at: number
        actor: string | { forgotten: true }
        action: string
        subject: string | { forgotten: true }
        detail: Record<string, Json>
        personal?: {
          at: string
          kind: 'address' | 'user' | 'identifier' | 'operator'
          commitment: string
          salt?: string
          network?: string
          exactSalt?: string
          exactHash?: string
        }[]
        previous: string
        hash: string
      }[]
      nextAfter?: number
      chain: string
      newest: number
    }
  }
  /** The chains of the audit log, one of each authority, and where they end */
  listAuditChains: { answer: { chains: { name: string; seq: number; hash: string }[] } }
  /** Signed ends of all chains, oldest first, and the keys that they are signed with */
  listAuditCheckpoints: {
    query?: { after?: number | undefined; limit?: number | undefined }
    answer: {
      checkpoints: {
        seq: number
        at: number
        heads: { name: string; seq: number; hash: string }[]
        jws: string
      }[]
      keys: Record<string, Json>[]
      nextAfter?: number
    }
  }
  /** Addresses that gateways do not serve for a while, and why */
  listBlocks: { answer: { blocks: Block[] } }
  /** Certificates of devices, those that end first before the others */
  listCertificates: {
    query?: {
      status?: 'active' | 'superseded' | 'revoked' | undefined
      appId?: string | undefined
      deviceId?: string | undefined
      issuerId?: string | undefined
      userSubject?: string | undefined
      endsAfter?: string | undefined
      endsBefore?: string | undefined
      renewed?: boolean | undefined
      cursor?: string | undefined
      limit?: number | undefined
    }
    answer: {
      certificates: {
        thumbprint: string
        serial: string
        deviceId: string
        appId: string
        status: 'active' | 'superseded' | 'revoked'
        predecessor: string | null
        successor: string | null
        notBefore: string
        notAfter: string
        issuedAt: string
        usedAt: string | null
        issuerId: string
      }[]
      nextCursor?: string
    }
  }
  /** Devices, in the order of their ids */
  listDevices: {
    query?: {
      status?: 'active' | 'suspended' | 'revoked' | 'superseded' | undefined
      appId?: string | undefined
      userSubject?: string | undefined
      cursor?: string | undefined
      limit?: number | undefined
    }
    answer: { devices: Device[]; nextCursor?: string }
  }
  /** Enrolment tokens, newest first; their texts are not kept */
  listEnrollmentTokens: {
    query?: { appId?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: { enrollmentTokens: EnrollmentToken[]; nextCursor?: string }
  }
  /** Gateways, and how far each has followed the feed */
  listGateways: { answer: { gateways: Gateway[] } }
  /** What ends tokens now, newest first */
  listInvalidations: {
    query?: {
      kind?: 'token' | 'subject' | 'session' | 'deviceTokens' | undefined
      subject?: string | undefined
      session?: string | undefined
      deviceId?: string | undefined
      provider?: string | undefined
      issuer?: string | undefined
      before?: number | undefined
      limit?: number | undefined
    }
    answer: { invalidations: Invalidation[]; nextBefore?: number }
  }
  /** The CAs of this deployment that issue device certificates, revoked ones included */
  listIssuers: {
    answer: {
      issuers: Issuer[]
      requests: {
        id: string
        kind: 'device' | 'development' | 'unattested'
        appId: string
        lane: string
        trustDomain: string
        request: string
      }[]
      roots: { kind: 'device' | 'service' | 'development'; certificate: string }[]
    }
  }
  /** Devices whose attestation key is on the status list, or was */
  listListedDevices: {
    query?: {
      state?: 'listed' | 'lifted' | undefined
      cursor?: string | undefined
      limit?: number | undefined
    }
    answer: {
      devices: {
        deviceId: string
        appId: string
        status: 'active' | 'suspended' | 'revoked' | 'superseded'
        statusReason: string | null
        serial: string
        listed: string | null
        handledAt: string | null
      }[]
      nextCursor?: string
    }
  }
  /** Credentials that MDMs have their devices enrol with; their texts are not kept */
  listMdmCredentials: {
    query?: { appId?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: {
      credentials: {
        id: string
        appId: string
        lane: string
        label: string
        status: 'usable' | 'revoked'
        maxPerHour: number
        createdAt: string
        createdBy: string
        madeBy: string | null
        revokedAt: string | null
      }[]
      nextCursor?: string
    }
  }
  /** Calls that wait for a second person, newest first */
  listProposals: {
    query?: { all?: boolean | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: { proposals: Proposal[]; nextCursor?: string }
  }
  /** What each gateway did about a change */
  listReceipts: {
    path: { seq: number }
    answer: {
      seq: number
      at: string
      receipts: {
        gateway: string
        state: 'applied' | 'snapshot' | 'silent'
        appliedAfterMs?: number
        ended?: { http1: number; http2: number; webSocket: number }
        lastSeenAt: string | null
      }[]
    }
  }
  /** The revocation lists that are published, and whether they are up to date */
  listRevocationLists: { answer: { lists: RevocationList[] } }
  /** Certificates of servers that ACME issued, newest first */
  listServiceCertificates: {
    query?: { appId?: string | undefined; cursor?: string | undefined; limit?: number | undefined }
    answer: {
      serviceCertificates: {
        thumbprint: string
        serial: string
        appId: string
        names: string[]
        accountId: string
        issuedAt: string
        notAfter: string
        revokedAt: string | null
        reason: string | null
      }[]
      nextCursor?: string
    }
  }
  /** What gateways go on refusing because an epoch before said so */
  listUnconfirmed: {
    query?: {
      decision?: 'open' | 'ended' | 'kept' | 'dropped' | undefined
      after?: string | undefined
      limit?: number | undefined
    }
    answer: {
      statuses: {
        kind: string
        key: string
        status: string
        until: string
        reportedAt: string
        reportedBy: string
        decision: 'open' | 'ended' | 'kept' | 'dropped'
        decidedAt: string | null
        decidedBy: string | null
        reason: string | null
      }[]
      nextAfter?: string
    }
  }
  /** Receivers of events, how far each was told, and why one is called no more */
  listWebhooks: {
    answer: {
      webhooks: {
        name: string
        status: 'active' | 'failing' | 'disabled' | 'unconfigured'
        origin: string | null
        events: string[]
        apps: string[] | null
        waitingRows: number
        since: string
        lastDeliveredAt: string | null
        failures: number
        failingSince: string | null
        nextAttemptAt: string | null
        lastError: string | null
        disabledAt: string | null
        disabledBy: string | null
        disabledReason: string | null
        cursors: { chain: string; after: number; head: number }[]
      }[]
    }
  }
  /** Signs the ends of all chains now, where one has moved since the last time */
  makeAuditCheckpoint: { body?: {}; answer: { made: boolean } }
  /** Makes one more CA, which issues in place of the one before a minute later; or a request, where the key of its root is elsewhere */
  makeIssuer: {
    body: {
      appId: string
      kind?: 'device' | 'development' | 'unattested' | undefined
      lane?: string | undefined
      announcedMinutes?: number | undefined
    }
    answer: {
      issuer?: Issuer
      request?: {
        id: string
        kind: 'device' | 'development' | 'unattested'
        appId: string
        lane: string
        trustDomain: string
        request: string
      }
    }
  }
  /** Fetches roots and status list, or reads the snapshot, now; asks for App Attest receipts that are due */
  refreshAttestation: { body?: {}; answer: AttestationStatus }
  /** Has every gateway refuse certificates by thumbprint, also such as the registry does not have */
  refuseCertificates: {
    body: { certificates: { thumbprint: string; notAfter: string }[]; reason?: string | undefined }
    answer: { revoked: number; refused: number; already: number; seq: number }
  }
  /** Signs the feed with a new key at once; the ones before count no more */
  replaceFeedKeys: {
    body?: { reason?: string | undefined }
    answer: {
      epoch: string
      seq: number
      followers: number
      keySet: number
      keys: string[]
      unconfirmed: { open: number; ended: number; kept: number; dropped: number }
      restarts: { gateway: string; at: string; refused: boolean }[]
    }
  }
  /** Lifts a suspension */
  resumeDevice: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: { device: Device; seq: number }
  }
  /** Tries a receiver again at once, and sends again what came after a row */
  retryWebhook: {
    path: { name: string }
    body?: { reason?: string | undefined; from?: { chain: string; after: number } }
    answer: {
      name: string
      status: 'active' | 'failing' | 'disabled' | 'unconfigured'
      origin: string | null
      events: string[]
      apps: string[] | null
      waitingRows: number
      since: string
      lastDeliveredAt: string | null
      failures: number
      failingSince: string | null
      nextAttemptAt: string | null
      lastError: string | null
      disabledAt: string | null
      disabledBy: string | null
      disabledReason: string | null
      cursors: { chain: string; after: number; head: number }[]
    }
  }
  /** Revokes a credential, and ends the accounts that were made with it */
  revokeAcmeCredential: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: {
      id: string
      appId: string
      label: string
      status: 'usable' | 'expired' | 'revoked'
      createdAt: string
      createdBy: string
      madeBy: string | null
      expiresAt: string
      revokedAt: string | null
      accounts: number
    }
  }
  /** Revokes an admin token or session, and whatever it made that lets anybody in */
  revokeAdminToken: {
    path: { id: string }
    body?: { reason?: string | undefined; keepMade?: boolean | undefined }
    answer: {
      id: string
      kind: 'first' | 'token' | 'session'
      label: string
      role: 'viewer' | 'support' | 'operator' | 'admin'
      apps: string[] | null
      verbs: string[] | null
      networks: string[] | null
      createdAt: string
      createdBy: string
      madeBy: string | null
      expiresAt: string
      revokedAt: string | null
      lastUsedAt: string | null
      alsoRevoked: string[]
    }
  }
  /** Revokes one certificate; its device can enrol again */
  revokeCertificate: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: { certificate: Certificate; seq: number }
  }
  /** Revokes a device, for ever */
  revokeDevice: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: { device: Device; seq: number }
  }
  /** Revokes an enrolment token that was not used */
  revokeEnrollmentToken: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: EnrollmentToken
  }
  /** Revokes a gateway: it is told to refuse everything, and is not answered any more */
  revokeGateway: {
    path: { name: string }
    body?: { reason?: string | undefined; unknown?: boolean | undefined }
    answer: Gateway
  }
  /** Revokes a credential: it enrols no more devices, and those that it brought go on */
  revokeMdmCredential: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: {
      id: string
      appId: string
      lane: string
      label: string
      status: 'usable' | 'revoked'
      maxPerHour: number
      createdAt: string
      createdBy: string
      madeBy: string | null
      revokedAt: string | null
    }
  }
  /** Revokes a certificate of a server, by its thumbprint */
  revokeServiceCertificate: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: {
      thumbprint: string
      serial: string
      appId: string
      names: string[]
      accountId: string
      issuedAt: string
      notAfter: string
      revokedAt: string | null
      reason: string | null
    }
  }
  /** Suspends a device */
  suspendDevice: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: { device: Device; seq: number }
  }
  /** Sends a receiver an event of type webhook.test, now and once */
  testWebhook: {
    path: { name: string }
    body?: {}
    answer: {
      outcome: 'delivered' | 'failed' | 'gone'
      status: number | null
      why: string | null
      tookMs: number
    }
  }
  /** Whose token this is, and what it is narrowed to */
  whoami: {
    answer: {
      id: string
      kind: 'first' | 'token' | 'session'
      actor: string
      role: 'viewer' | 'support' | 'operator' | 'admin'
      apps: string[] | null
      verbs: string[] | null
      networks: string[] | null
      expiresAt: string
    }
  }
  /** Withdraws a CA: nothing that it issued is believed, and nothing brings it back */
  withdrawIssuer: {
    path: { id: string }
    body?: { reason?: string | undefined }
    answer: {
      made: {
        issuer?: Issuer
        request?: {
          id: string
          kind: 'device' | 'development' | 'unattested'
          appId: string
          lane: string
          trustDomain: string
          request: string
        }
      }[]
    }
  }
}

/** Where each operation is. */
export const adminOperations = {
  acceptStatusList: { method: 'POST', path: '/admin/v1/attestation/status-list/accept' },
  agreeProposal: { method: 'POST', path: '/admin/v1/proposals/{id}/agree' },
  approveEnrollment: { method: 'POST', path: '/admin/v1/approvals/{id}/approve' },
  confirmUnconfirmed: { method: 'POST', path: '/admin/v1/feed/unconfirmed/confirm' },
  createAcmeCredential: { method: 'POST', path: '/admin/v1/acme/credentials' },
  createAdminToken: { method: 'POST', path: '/admin/v1/admin-tokens' },
  createEnrollmentToken: { method: 'POST', path: '/admin/v1/enrollment-tokens' },
  createMdmCredential: { method: 'POST', path: '/admin/v1/mdm/credentials' },
  createSession: { method: 'POST', path: '/admin/v1/sessions' },
  declineProposal: { method: 'POST', path: '/admin/v1/proposals/{id}/decline' },
  denyEnrollment: { method: 'POST', path: '/admin/v1/approvals/{id}/deny' },
  disableWebhook: { method: 'POST', path: '/admin/v1/webhooks/{name}/disable' },
  dropUnconfirmed: { method: 'POST', path: '/admin/v1/feed/unconfirmed/drop' },
  enableWebhook: { method: 'POST', path: '/admin/v1/webhooks/{name}/enable' },
  endSession: { method: 'POST', path: '/admin/v1/sessions/end' },
  endTokens: { method: 'POST', path: '/admin/v1/invalidations' },
  exportUser: { method: 'POST', path: '/admin/v1/users/{id}/export' },
  findDecisions: { method: 'GET', path: '/admin/v1/decisions/{id}' },
  findHandshakes: { method: 'GET', path: '/admin/v1/handshakes' },
  findUsers: { method: 'POST', path: '/admin/v1/users/find' },
  forgetUser: { method: 'POST', path: '/admin/v1/users/{id}/forget' },
  getAppraisal: { method: 'GET', path: '/admin/v1/appraisals/{id}' },
  getAttestationReport: { method: 'GET', path: '/admin/v1/attestation/report' },
  getAttestationStatus: { method: 'GET', path: '/admin/v1/attestation/status' },
  getCertificate: { method: 'GET', path: '/admin/v1/certificates/{id}' },
  getCertificateStatus: { method: 'GET', path: '/admin/v1/certificates/{id}/status' },
  getDevice: { method: 'GET', path: '/admin/v1/devices/{id}' },
  getEvidence: { method: 'GET', path: '/admin/v1/appraisals/{id}/evidence' },
  getFeed: { method: 'GET', path: '/admin/v1/feed' },
  getFeedKeySet: { method: 'GET', path: '/admin/v1/feed/keys' },
  getOpenApi: { method: 'GET', path: '/admin/v1/openapi.json' },
  getShadowReport: { method: 'GET', path: '/admin/v1/shadow/report' },
  getSignIn: { method: 'GET', path: '/admin/v1/sign-in' },
  importIssuer: { method: 'POST', path: '/admin/v1/issuers/import' },
  importRevocationList: { method: 'POST', path: '/admin/v1/revocation-lists' },
  importRoot: { method: 'POST', path: '/admin/v1/roots/{kind}/import' },
  lift: { method: 'POST', path: '/admin/v1/lifts' },
  listAcmeCredentials: { method: 'GET', path: '/admin/v1/acme/credentials' },
  listAdminTokens: { method: 'GET', path: '/admin/v1/admin-tokens' },
  listAppraisals: { method: 'GET', path: '/admin/v1/devices/{id}/appraisals' },
  listApprovals: { method: 'GET', path: '/admin/v1/approvals' },
  listAudit: { method: 'GET', path: '/admin/v1/audit' },
  listAuditChains: { method: 'GET', path: '/admin/v1/audit/chains' },
  listAuditCheckpoints: { method: 'GET', path: '/admin/v1/audit/checkpoints' },
  listBlocks: { method: 'GET', path: '/admin/v1/blocks' },
  listCertificates: { method: 'GET', path: '/admin/v1/certificates' },
  listDevices: { method: 'GET', path: '/admin/v1/devices' },
  listEnrollmentTokens: { method: 'GET', path: '/admin/v1/enrollment-tokens' },
  listGateways: { method: 'GET', path: '/admin/v1/gateways' },
  listInvalidations: { method: 'GET', path: '/admin/v1/invalidations' },
  listIssuers: { method: 'GET', path: '/admin/v1/issuers' },
  listListedDevices: { method: 'GET', path: '/admin/v1/attestation/listed-devices' },
  listMdmCredentials: { method: 'GET', path: '/admin/v1/mdm/credentials' },
  listProposals: { method: 'GET', path: '/admin/v1/proposals' },
  listReceipts: { method: 'GET', path: '/admin/v1/changes/{seq}/receipts' },
  listRevocationLists: { method: 'GET', path: '/admin/v1/revocation-lists' },
  listServiceCertificates: { method: 'GET', path: '/admin/v1/acme/service-certificates' },
  listUnconfirmed: { method: 'GET', path: '/admin/v1/feed/unconfirmed' },
  listWebhooks: { method: 'GET', path: '/admin/v1/webhooks' },
  makeAuditCheckpoint: { method: 'POST', path: '/admin/v1/audit/checkpoints' },
  makeIssuer: { method: 'POST', path: '/admin/v1/issuers' },
  refreshAttestation: { method: 'POST', path: '/admin/v1/attestation/refresh' },
  refuseCertificates: { method: 'POST', path: '/admin/v1/certificates/refuse' },
  replaceFeedKeys: { method: 'POST', path: '/admin/v1/feed/keys/replace' },
  resumeDevice: { method: 'POST', path: '/admin/v1/devices/{id}/resume' },
  retryWebhook: { method: 'POST', path: '/admin/v1/webhooks/{name}/retry' },
  revokeAcmeCredential: { method: 'POST', path: '/admin/v1/acme/credentials/{id}/revoke' },
  revokeAdminToken: { method: 'POST', path: '/admin/v1/admin-tokens/{id}/revoke' },
  revokeCertificate: { method: 'POST', path: '/admin/v1/certificates/{id}/revoke' },
  revokeDevice: { method: 'POST', path: '/admin/v1/devices/{id}/revoke' },
  revokeEnrollmentToken: { method: 'POST', path: '/admin/v1/enrollment-tokens/{id}/revoke' },
  revokeGateway: { method: 'POST', path: '/admin/v1/gateways/{name}/revoke' },
  revokeMdmCredential: { method: 'POST', path: '/admin/v1/mdm/credentials/{id}/revoke' },
  revokeServiceCertificate: {
    method: 'POST',
    path: '/admin/v1/acme/service-certificates/{id}/revoke',
  },
  suspendDevice: { method: 'POST', path: '/admin/v1/devices/{id}/suspend' },
  testWebhook: { method: 'POST', path: '/admin/v1/webhooks/{name}/test' },
  whoami: { method: 'GET', path: '/admin/v1/whoami' },
  withdrawIssuer: { method: 'POST', path: '/admin/v1/issuers/{id}/withdraw' },
} as const satisfies {
  readonly [Name in keyof AdminOperations]: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
    readonly path: string
  }
}
