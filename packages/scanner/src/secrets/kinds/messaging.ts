import { mixedRun, type NeighbourForm, randomNeighbour } from '../checks/random-neighbour.ts'
import {
  alphabets,
  type SecretKind,
  type SecretMatch,
  token,
  type Verdict,
} from '../secret-kind.ts'

const hexDigits = [...'0123456789abcdef']
const twilioToken: NeighbourForm = {
  pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}(?![A-Za-z0-9])/g,
  entropy: 3,
}
const twilioKeySecret: NeighbourForm = {
  pattern: mixedRun(32),
  entropy: 4,
}

export const messagingKinds: readonly SecretKind[] = [
  {
    // https://api.slack.com/concepts/token-types
    id: 'slack-token',
    name: 'Slack token',
    literals: ['xoxb-', 'xoxp-', 'xoxa-', 'xoxr-', 'xoxe-', 'xoxe.', 'xapp-'],
    pattern: token(
      '(?:xox[abpr]-(?:2-)?\\d{9,14}-(?:\\d{9,14}-){0,2}[A-Za-z0-9]{20,64}|xoxe(?:\\.xox[bp])?-\\d-[A-Za-z0-9]{100,200}|xapp-\\d-A[A-Z0-9]{8,14}-\\d{9,14}-[0-9a-f]{64})',
    ),
    severity: 'critical',
    confidence: 'certain',
    gives: 'It reads and writes messages and files of the workspace as far as its scopes go.',
    revoke: 'Call `auth.revoke`, or regenerate it under Your apps › OAuth & permissions.',
  },
  {
    // https://api.slack.com/messaging/webhooks
    id: 'slack-webhook',
    name: 'Slack webhook',
    literals: ['hooks.slack.com'],
    pattern:
      /hooks\.slack\.com\/(?:services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{22,26}|(?:workflows|triggers)\/[A-Z0-9]{8,12}\/[A-Za-z0-9/]{30,60})(?![A-Za-z0-9])/y,
    severity: 'medium',
    confidence: 'certain',
    gives: 'It posts into a channel of yours, under your app’s name.',
    revoke: 'Delete it under Your apps › Incoming webhooks, and let a service of yours post.',
  },
  {
    // https://www.twilio.com/docs/iam/api: AC… and SK… are names, what stands beside them is secret
    id: 'twilio-credential',
    name: 'Twilio auth token or API key secret',
    literals: hexDigits.flatMap((digit) => [`AC${digit}`, `SK${digit}`]),
    pattern: token('(?:AC|SK)[0-9a-f]{32}'),
    severity: 'critical',
    confidence: 'firm',
    check: checkTwilio,
    gives: 'It sends messages, makes calls and reads their logs, at your cost.',
    revoke: 'Promote the secondary auth token, or delete the API key, in the Twilio console.',
  },
  {
    // https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys
    id: 'sendgrid-key',
    name: 'SendGrid API key',
    literals: ['SG.'],
    pattern: token('SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}'),
    entropy: 4,
    severity: 'critical',
    confidence: 'certain',
    gives: 'It sends mail in your name, signed as yours.',
    revoke: 'Delete it under Settings › API keys.',
  },
  {
    // https://documentation.mailgun.com/docs/mailgun/user-manual/api-key-mgmt/
    id: 'mailgun-key',
    name: 'Mailgun API key',
    literals: ['key-'],
    pattern: token('key-[0-9a-f]{32}'),
    entropy: 3,
    severity: 'high',
    confidence: 'firm',
    gives: 'It sends mail in your name, and reads its log.',
    revoke: 'Delete it under API security.',
  },
  {
    id: 'mailgun-sending-key',
    name: 'Mailgun API key',
    literals: ['mailgun'],
    anyCase: true,
    pattern: /(?<![A-Za-z0-9-])(?<secret>[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8})(?![A-Za-z0-9-])/g,
    nearby: [200, 300],
    severity: 'high',
    confidence: 'firm',
    gives: 'It sends mail in your name, and reads its log.',
    revoke: 'Delete it under API security.',
  },
  {
    // https://mailchimp.com/developer/marketing/guides/quick-start/
    id: 'mailchimp-key',
    name: 'Mailchimp API key',
    literals: [...'123456789'].map((digit) => `-us${digit}`),
    pattern: /(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?![A-Za-z0-9])/y,
    back: { over: alphabets.hex, most: 33 },
    severity: 'high',
    confidence: 'certain',
    gives: 'It reads the addresses of your customers and writes to them in your name.',
    revoke: 'Revoke it under Extras › API keys.',
  },
  {
    // https://developers.brevo.com/docs/how-it-works
    id: 'brevo-key',
    name: 'Brevo API key',
    literals: ['xkeysib-', 'xsmtpsib-'],
    pattern: token('x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It sends mail and messages in your name, and reads your contacts.',
    revoke: 'Delete it under SMTP & API.',
  },
  {
    // https://resend.com/docs/dashboard/api-keys/introduction
    id: 'resend-key',
    name: 'Resend API key',
    literals: ['re_'],
    pattern: token('re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}'),
    entropy: 4,
    severity: 'high',
    confidence: 'firm',
    gives: 'It sends mail in your name.',
    revoke: 'Delete it under API keys.',
  },
  {
    // https://core.telegram.org/bots/api#authorizing-your-bot
    id: 'telegram-bot-token',
    name: 'Telegram bot token',
    literals: [':AA'],
    pattern: /(?<!\d)\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/y,
    back: { over: alphabets.digits, most: 11 },
    entropy: 3.8,
    severity: 'high',
    confidence: 'certain',
    gives:
      'It reads all that users write to the bot, and answers as it. Stealers use bots this way to carry loot off.',
    revoke: 'Send /revoke to BotFather.',
  },
  {
    // https://discord.com/developers/docs/reference#authentication: the first part is the bot's id in base64
    id: 'discord-bot-token',
    name: 'Discord bot token',
    literals: snowflakeFronts(),
    pattern: token('(?<id>[MNO][A-Za-z0-9]{22,27})\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}'),
    entropy: 4,
    severity: 'high',
    confidence: 'certain',
    check: ({ groups }) => {
      const id = Buffer.from(groups['id'] ?? '', 'base64url').toString('latin1')
      return /^\d{17,20}$/.test(id) ? { note: `It is the token of bot ${id}.` } : undefined
    },
    gives: 'It reads and writes in every server that the bot was invited to.',
    revoke: 'Reset it in the developer portal under Bot.',
  },
  {
    // https://discord.com/developers/docs/resources/webhook
    id: 'discord-webhook',
    name: 'Discord webhook',
    literals: ['/api/webhooks/'],
    pattern:
      /(?<=discord(?:app)?\.com)\/api\/webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,80}(?![A-Za-z0-9_-])/y,
    severity: 'medium',
    confidence: 'certain',
    gives: 'It posts into a channel of yours. Stealers use webhooks this way to carry loot off.',
    revoke: 'Delete it under Integrations of the channel.',
  },
  {
    // https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/
    id: 'teams-webhook',
    name: 'Microsoft Teams webhook',
    literals: ['.webhook.office.com'],
    pattern:
      /\.webhook\.office\.com\/webhookb2\/[0-9a-f-]{36}@[0-9a-f-]{36}\/IncomingWebhook\/[0-9a-f]{32}\/[0-9a-f-]{36}/y,
    severity: 'medium',
    confidence: 'certain',
    gives: 'It posts into a channel of yours.',
    revoke: 'Remove the connector of the channel.',
  },
  {
    // https://documentation.onesignal.com/docs/keys-and-ids: the app id is public
    id: 'onesignal-key',
    name: 'OneSignal API key',
    literals: ['os_v2_'],
    pattern: token('os_v2_(?:app|org)_[a-z2-7]{80,120}'),
    severity: 'high',
    confidence: 'certain',
    gives: 'It sends notifications to every install, and exports the users.',
    revoke: 'Rotate it under Settings › Keys & IDs.',
  },
  {
    // https://developers.facebook.com/docs/facebook-login/guides/access-tokens/
    id: 'facebook-access-token',
    name: 'Facebook access token',
    literals: ['EAA'],
    pattern: token('EAA[A-Za-z0-9]{100,400}'),
    entropy: 4.5,
    severity: 'high',
    confidence: 'tentative',
    gives: 'It reads and posts as a user, page or system user of Meta’s platforms.',
    revoke: 'Invalidate it in the Access Token Debugger or Business settings.',
  },
  {
    // https://developer.x.com/en/docs/authentication/oauth-2-0/bearer-tokens
    id: 'x-bearer-token',
    name: 'X (Twitter) bearer token',
    literals: ['AAAAAAAAAAAAAAAAAAAAA'],
    pattern:
      /(?<![A-Za-z0-9+/%_-])A{21,23}(?<secret>[B-Za-z0-9%][A-Za-z0-9%]{20,30}%(?:2[BF]|3D)[A-Za-z0-9%]{40,80})(?![A-Za-z0-9%])/y,
    severity: 'medium',
    confidence: 'firm',
    gives: 'It uses the API as your app, within your limits and at your cost.',
    revoke: 'Revoke it in the developer portal under Keys and tokens.',
  },
]

function checkTwilio({ secret, index, region }: SecretMatch): Verdict | undefined {
  const form = secret.startsWith('AC') ? twilioToken : twilioKeySecret
  const key = randomNeighbour(region, index, form)
  // The name alone opens nothing. A pool of strings holds too many hashes to guess.
  if (key === undefined || !key.isNear) return undefined
  return { secret: `${secret}:${key.secret}`, note: `It belongs to ${secret.slice(0, 6)}….` }
}

/** What the base64 of an id of decimal digits begins with. */
function snowflakeFronts(): string[] {
  const fronts: string[] = []
  for (let tens = 10; tens < 100; tens += 1) {
    fronts.push(Buffer.from(`${tens}0`).toString('base64').slice(0, 3))
  }
  return fronts
}
