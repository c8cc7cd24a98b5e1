// A pure table: of everything that the audit log tells, what of it is done again over a restored backup.
import type { AuditAction } from '../audit/audit-actions.ts'
import {
  closeProposals,
  denyApprovals,
  endAccounts,
  endAdminTokens,
  endCredentials,
  endFirstTokens,
} from './credential-endings.ts'
import { confirmAgain, endCertificates, endDevices } from './device-endings.ts'
import type { Ending } from './ending.ts'
import { disableWebhooks, endGateways, revokeServices, withdrawIssuers } from './service-endings.ts'
import { endTokensAgain } from './token-endings.ts'

/**
 * `end`: something ended, and ends again. `until`: it ended until somebody undid it; it ends again where that did not
 * happen later. `undoes`: what undoes the other. `forget`: a user was forgotten. `told`: it cannot be done again, and
 * an operator is told what to do. `nothing`: it ended nothing.
 */
export type Treatment =
  | { readonly kind: 'end'; readonly end: Ending }
  | { readonly kind: 'until'; readonly thing: string; readonly end: Ending }
  | { readonly kind: 'undoes'; readonly thing: string }
  | { readonly kind: 'forget' }
  | { readonly kind: 'told'; readonly why: string }
  | { readonly kind: 'nothing' }

const nothing: Treatment = { kind: 'nothing' }
const ends = (end: Ending): Treatment => ({ kind: 'end', end })
const isTold = (why: string): Treatment => ({ kind: 'told', why })

export const treatments: Readonly<Record<AuditAction, Treatment>> = {
  'authority.initialized': nothing,
  'configuration.changed': isTold(
    'the configuration is in no backup of the store: make sure that it is the newest',
  ),
  'store.restored': nothing,
  'store.log-followed': nothing,

  'device.enrolled': nothing,
  'device.suspended': { kind: 'until', thing: 'device', end: endDevices('suspended') },
  'device.resumed': { kind: 'undoes', thing: 'device' },
  'device.revoked': ends(endDevices('revoked')),
  'device.superseded': ends(endDevices('superseded')),
  'device.forked': nothing,
  'device.risk': nothing,
  'device.key-listed': nothing,
  'device.tokens-ended': ends(endTokensAgain('deviceTokens')),
  'certificate.renewed': nothing,
  'certificate.revoked': ends(endCertificates('revoked')),
  'certificate.refused': ends(endCertificates('revoked')),
  'certificate.superseded': ends(endCertificates('superseded')),
  'user.device-added': nothing,
  'user.exported': nothing,
  'user.forgotten': { kind: 'forget' },

  'approval.requested': nothing,
  'approval.approved': nothing,
  'approval.denied': ends(denyApprovals),
  'enrollment-token.created': nothing,
  'enrollment-token.used': ends(endCredentials('enrollment_tokens', 'used before')),
  'enrollment-token.revoked': ends(endCredentials('enrollment_tokens')),
  'acme-credential.created': nothing,
  'acme-credential.revoked': ends(endCredentials('acme_credentials')),
  'acme-account.created': nothing,
  'acme-account.key-changed': ends(endAccounts),
  'acme-account.deactivated': ends(endAccounts),
  'mdm-credential.created': nothing,
  'mdm-credential.revoked': ends(endCredentials('mdm_credentials')),
  'service-certificate.issued': nothing,
  'service-certificate.revoked': ends(revokeServices),

  'token.ended': ends(endTokensAgain('token')),
  'session.ended': ends(endTokensAgain('session')),
  'subject.tokens-ended': ends(endTokensAgain('subject')),
  'session.bound': nothing,
  'session.refused-elsewhere': nothing,
  'limits.lifted': nothing,

  'root.created': nothing,
  'root.imported': isTold('import the root again: sallyport ca import'),
  'issuer.requested': nothing,
  'issuer.created': nothing,
  'issuer.imported': isTold('import the CA again: sallyport ca import'),
  'issuer.retired': isTold('it issues again; where it shall not: sallyport ca rotate'),
  'issuer.withdrawn': ends(withdrawIssuers),
  'list.imported': isTold('import the newest list of that root again: sallyport ca import-list'),
  'scep-ra.created': nothing,
  'token-key.created': nothing,
  'feed-key.created': nothing,
  'feed-key.replaced': isTold(
    'the keys before it sign again. Replace them before gateways are back: sallyport feed replace-keys',
  ),
  'checkpoint-key.created': nothing,

  'gateway.added': nothing,
  'gateway.revoked': ends(endGateways),
  'break-glass.began': nothing,
  'break-glass.ended': nothing,
  'feed.restarted': nothing,
  'feed.restart-refused': nothing,
  'feed.listed-apps': nothing,
  'feed.confirmed': ends(confirmAgain),
  'feed.dropped': nothing,
  'status-list.taken-up': nothing,
  'status-list.accepted': nothing,

  'admin-token.created': ends(endFirstTokens),
  'admin-token.revoked': ends(endAdminTokens),
  'proposal.made': nothing,
  'proposal.agreed': ends(closeProposals),
  'proposal.declined': ends(closeProposals),
  'webhook.disabled': { kind: 'until', thing: 'webhook', end: disableWebhooks },
  'webhook.enabled': { kind: 'undoes', thing: 'webhook' },
  'webhook.event-skipped': nothing,
  'webhook.retried': nothing,
}
