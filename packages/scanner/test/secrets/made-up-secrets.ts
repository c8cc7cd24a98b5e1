import { createHmac } from 'node:crypto'
import { crc32 } from 'node:zlib'

const digits = '0123456789'
const lower = 'abcdefghijklmnopqrstuvwxyz'
const upper = lower.toUpperCase()
const alphanumeric = digits + upper + lower

/** Fronts that scanners know, in a form that they do not. */
const [live, testing, awsId, googleKey] = ['li.ve', 'te.st', 'AK.IA', 'AI.za'].map((front) =>
  front.replace('.', ''),
)

/** Draws that are the same in every run: a failing test is the same failing test tomorrow. */
let state = 0x2545f491
function draw(bound: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % bound
}

function random(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[draw(alphabet.length)]).join('')
}
const hex = (length: number) => random('0123456789abcdef', length)
const word = (length: number) => random(alphanumeric, length)
const base64 = (length: number) => random(`${alphanumeric}+/`, length)
const base64url = (length: number) => random(`${alphanumeric}_-`, length - 1) + word(1)
const number = (length: number) => `7${random(digits, length - 1)}`
const uuid = () => `${hex(8)}-${hex(4)}-4${hex(3)}-9${hex(3)}-${hex(12)}`
const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const base62 = (value: number): string =>
  value < 62
    ? (alphanumeric[value] as string)
    : base62(Math.floor(value / 62)) + (alphanumeric[value % 62] as string)
const checked = (prefix: string) => {
  const middle = word(30)
  return prefix + middle + base62(crc32(middle)).padStart(6, '0')
}
const token = (claims: unknown, alg = 'HS256') =>
  `${json({ alg, typ: 'JWT' })}.${json(claims)}.${base64url(43)}`
const routable = () => {
  const front = `glpat-${base64url(40)}.01.14`
  return front + crc32(front).toString(36).padStart(7, '0')
}

export type MadeUp = {
  /** A text that holds it, as an app would. */
  readonly text: string
  readonly severity?: string
  /** Texts that look like it and are none. */
  readonly twins: readonly string[]
}

/** One of each kind, in valid form and worth nothing. Made here, so that nobody's scanner finds any in this tree. */
export const madeUpSecrets: Readonly<Record<string, MadeUp>> = {
  'aws-access-key': {
    text: `id=${awsId}Q${random(`${upper}234567`, 15)} secret=${base64(34)}aB3${word(3)} end`,
    severity: 'critical',
    twins: [
      `${awsId}IOSFODNN7EXAMPLE`,
      `x${awsId}Q${random(upper, 15)}`,
      `${awsId}777777${random(upper, 10)}`,
      `${awsId}Q${random(upper, 14)}189`,
    ],
  },
  'aws-bedrock-key': { text: `ABSK${base64(128)}`, twins: [`ABSK${base64(40)}`] },
  'aws-appsync-key': {
    text: `da2-${random(lower + digits, 26)}`,
    twins: [`da2-${random(lower, 10)}`],
  },
  'aws-cognito-pool': {
    text: `eu-west-1:${uuid()}`,
    severity: 'info',
    twins: [`en-us-1:${uuid()}`, 'eu-west-1:8080'],
  },
  'digitalocean-token': { text: `dop_v1_${hex(64)}`, twins: [`dop_v1_${hex(40)}`] },
  'alibaba-access-key': {
    text: `LTAI${word(20)}","k":"${word(27)}aB3"`,
    severity: 'critical',
    twins: [`LTAI${word(4)}`],
  },
  'tencent-secret-key': {
    text: `AKID${word(32)} ${word(29)}aB3`,
    severity: 'critical',
    twins: [`AKID${word(12)}`],
  },
  'yandex-api-key': { text: `AQVN${base64url(36)}`, twins: ['AQVN'] },
  'heroku-api-key': { text: `HRKU-AA${base64url(58)}`, twins: [`HRKU-${hex(20)}`] },
  'cloudflare-origin-ca-key': { text: `v1.0-${hex(24)}-${hex(146)}`, twins: ['v1.0-beta'] },
  'databricks-token': {
    text: `dapi${hex(32)}`,
    twins: [`dapi${'a'.repeat(32)}`, `dapi${hex(31)}`],
  },
  'vault-token': { text: `hvs.${word(24)}`, twins: ['hvs.example', `hvs.${'x'.repeat(24)}`] },
  'terraform-token': {
    text: `${word(14)}.atlasv1.${base64url(64)}`,
    twins: ['some.atlasv1.token'],
  },
  'doppler-token': { text: `dp.pt.${word(43)}`, twins: ['dp.pt.width'] },
  'planetscale-token': { text: `pscale_tkn_${word(43)}`, twins: ['pscale_tkn_…'] },
  'fly-token': { text: `fm2_${base64(140)}`, twins: ['fm2_radio'] },
  'netlify-token': { text: `nfp_${word(36)}`, twins: ['nfp_count'] },
  'azure-storage-key': {
    text: `AccountName=bank;AccountKey=${base64(86)}==;EndpointSuffix=core.windows.net`,
    twins: [
      `AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==`,
      'AccountKey=<your-key>',
    ],
  },
  'azure-shared-access-key': {
    text: `Endpoint=sb://bank.servicebus.windows.net/;SharedAccessKeyName=RootManage;SharedAccessKey=${base64(43)}=`,
    twins: ['SharedAccessKey={key}'],
  },
  'azure-access-key': {
    text: `endpoint=https://bank.communication.azure.com/;accesskey=${base64(86)}==`,
    twins: [`accesskey=${base64(86)}==`],
  },
  'azure-service-key': {
    text: `${word(52)}JQQJ99BF${word(24)}`,
    twins: [`${word(20)}JQQJ99BF${word(24)}`],
  },
  'azure-sas': {
    text: `https://bank.blob.core.windows.net/a?sv=2024-11-04&se=2030-01-01&sp=rwdl&sig=${word(43)}%3D`,
    severity: 'high',
    twins: [`sig=${word(43)}%3D`, 'sig=abc&sv=2024-11-04'],
  },
  'entra-client-secret': { text: `${word(3)}8Q~${word(34)}`, twins: [`${word(9)}8Q~${word(34)}`] },
  'gcp-service-account': {
    text: JSON.stringify({
      type: 'service_account',
      private_key: `-----BEGIN PRIVATE KEY-----\n${base64(1600)}\n-----END PRIVATE KEY-----\n`,
      client_email: 'app@bank-prod.iam.gserviceaccount.com',
    }),
    severity: 'critical',
    twins: ['{"type":"service_account","client_email":"app@bank-prod.iam.gserviceaccount.com"}'],
  },
  'google-api-key': {
    text: `${googleKey}Sy${base64url(33)}`,
    severity: 'info',
    twins: [`AIza${'x'.repeat(35)}`, `AIzaSy${word(20)}`],
  },
  'google-oauth-client-secret': { text: `GOCSPX-${base64url(28)}`, twins: ['GOCSPX-your-secret'] },
  'google-refresh-token': { text: `1//0${word(100)}`, twins: ['https://a1//0/index.html'] },
  'google-access-token': { text: `ya29.a0${word(160)}`, severity: 'low', twins: ['ya29.token'] },
  'gcp-hmac-key': { text: `GOOG1E${random(upper + digits, 55)}`, twins: ['GOOG1EX'] },
  'firebase-database': {
    text: 'https://bank-prod-default-rtdb.firebaseio.com',
    severity: 'info',
    twins: ['firebaseio.com', '.firebaseio.com'],
  },
  'fcm-server-key': {
    text: `AAAA${base64url(7)}:APA91b${base64url(134)}`,
    severity: 'low',
    twins: [`c${base64url(10)}:APA91b${base64url(134)}`],
  },
  'stripe-secret-key': {
    text: `sk_${live}_${word(24)}Gh`,
    severity: 'critical',
    twins: [
      `pk_${live}_${word(24)}`,
      `sk_${testing}_4eC39HqLyjWDarjtT1zdp7dc`,
      'sk_live_xxxxxxxxxxxxxxxxxxxxxxxx',
    ],
  },
  'stripe-webhook-secret': { text: `whsec_${word(32)}`, twins: ['whsec_…'] },
  'paystack-secret-key': {
    text: `sk_${live}_${hex(40)}`,
    severity: 'critical',
    twins: [`pk_${live}_${hex(40)}`],
  },
  'square-secret': { text: `sq0csp-${base64url(43)}`, twins: [`sq0idp-${base64url(22)}`] },
  'square-access-token': { text: `EAAA${base64url(60)}`, twins: [`EAAA${'A'.repeat(60)}`] },
  'braintree-access-token': {
    text: `access_token$production$${random(lower + digits, 16)}$${hex(32)}`,
    twins: [`production_${random(lower, 8)}_${random(lower, 16)}`],
  },
  'paypal-client-secret': {
    text: `https://api-m.paypal.com secret: "E${base64url(79)}"`,
    twins: [`PayPal client: "A${base64url(79)}"`, `E${base64url(79)}`],
  },
  'adyen-api-key': {
    text: `AQEyhm${base64(52)}=-${base64(43)}=-${word(16)}`,
    twins: [`AQEyhm${base64(52)}`],
  },
  'flutterwave-secret-key': {
    text: `FLWSECK-${hex(32)}-X`,
    severity: 'critical',
    twins: [`FLWPUBK-${hex(32)}-X`],
  },
  'mollie-api-key': {
    text: `live_${word(27)}aB3`,
    severity: 'high',
    twins: ['live_streaming_enabled_in_region', `live_${random(lower, 30)}`],
  },
  'plaid-access-token': {
    text: `access-production-${uuid()}`,
    severity: 'high',
    twins: ['access-production-server'],
  },
  'shopify-token': { text: `shpat_${hex(32)}`, twins: ['shpat_token'] },
  'revenuecat-secret-key': {
    text: `sk_${random(upper + lower, 32)}`,
    twins: [`goog_${random(upper + lower, 27)}`, `sk_${random(lower, 32)}`],
  },
  'slack-token': {
    text: `xoxb-${number(12)}-${number(12)}-${word(24)}`,
    twins: ['xoxb-your-token'],
  },
  'slack-webhook': {
    text: `https://hooks.slack.com/services/T${random(upper + digits, 10)}/B${random(upper + digits, 10)}/${word(24)}`,
    twins: ['https://hooks.slack.com/services/'],
  },
  'twilio-credential': {
    text: `new Twilio("AC${hex(32)}", "${hex(32)}")`,
    severity: 'critical',
    twins: [`AC${hex(32)}`],
  },
  'sendgrid-key': { text: `SG.${base64url(22)}.${base64url(43)}`, twins: ['SG.mail.send'] },
  'mailgun-key': { text: `key-${hex(32)}`, twins: [`key-${word(32)}G`, `apikey-${hex(32)}`] },
  'mailgun-sending-key': {
    text: `api.mailgun.net key ${hex(32)}-${hex(8)}-${hex(8)}`,
    twins: [`${hex(32)}-${hex(8)}-${hex(8)}`],
  },
  'mailchimp-key': { text: `${hex(32)}-us12`, twins: ['values-en-us1', `${word(20)}-us12`] },
  'brevo-key': { text: `xkeysib-${hex(64)}-${word(16)}`, twins: ['xkeysib-key'] },
  'resend-key': {
    text: `re_${word(8)}_${word(24)}`,
    twins: ['re_entering_the_view_hierarchy_again'],
  },
  'telegram-bot-token': {
    text: `https://api.telegram.org/bot${number(10)}:AA${base64url(33)}/send`,
    twins: [`:AA${base64url(33)}`],
  },
  'discord-bot-token': {
    text: `${Buffer.from(number(18)).toString('base64url')}.${base64url(6)}.${base64url(38)}`,
    twins: [`MTA${word(21)}.${base64url(6)}.${base64url(38)}`],
  },
  'discord-webhook': {
    text: `https://discord.com/api/webhooks/${number(18)}/${base64url(68)}`,
    twins: [`https://bank.com/api/webhooks/${number(18)}/${base64url(68)}`],
  },
  'teams-webhook': {
    text: `https://bank.webhook.office.com/webhookb2/${uuid()}@${uuid()}/IncomingWebhook/${hex(32)}/${uuid()}`,
    twins: ['https://bank.webhook.office.com/'],
  },
  'onesignal-key': { text: `os_v2_app_${random(`${lower}234567`, 103)}`, twins: ['os_v2_app_id'] },
  'facebook-access-token': { text: `EAA${word(180)}ZD`, twins: [`EAA${word(20)}`] },
  'x-bearer-token': {
    text: `${'A'.repeat(22)}L${word(24)}%3D${word(50)}`,
    twins: ['A'.repeat(200)],
  },
  'github-token': { text: checked('ghp_'), twins: [`ghp_${word(36)}`] },
  'github-fine-grained-token': {
    text: `github_pat_${word(22)}_${word(59)}`,
    twins: [`github_pat_${word(22)}`],
  },
  'gitlab-token': {
    text: routable(),
    twins: [`${routable().slice(0, -1)}-`, 'glpat-xxxxxxxxxxxxxxxxxxxx'],
  },
  'atlassian-token': {
    text: `ATATT3xFfGF0${base64url(170)}=${random('0123456789ABCDEF', 8)}`,
    twins: ['ATATT3xFfGF0'],
  },
  'npm-token': { text: checked('npm_'), twins: [`npm_${word(36)}`, 'npm_config_registry'] },
  'pypi-token': {
    text: `pypi-AgEIcHlwaS5vcmc${base64url(140)}`,
    twins: [`pypi-${base64url(140)}`],
  },
  'rubygems-key': { text: `rubygems_${hex(48)}`, twins: ['rubygems_version'] },
  'docker-token': { text: `dckr_pat_${base64url(27)}`, twins: ['dckr_pat_'] },
  'nuget-key': {
    text: `oy2${random(lower + digits, 43)}`,
    twins: [`boy2${random(lower + digits, 43)}`],
  },
  'artifactory-key': { text: `AKCp${word(69)}`, twins: [`AKCp${word(20)}`] },
  'circleci-token': { text: `CCIPAT_${word(22)}_${hex(40)}`, twins: ['CCIPAT_TOKEN'] },
  'sonar-token': { text: `squ_${hex(40)}`, twins: ['squ_are'] },
  'openai-key': {
    text: `sk-proj-${base64url(40)}T3BlbkFJ${base64url(40)}`,
    twins: [`sk-${base64url(40)}`, 'T3BlbkFJ'],
  },
  'anthropic-key': { text: `sk-ant-api03-${base64url(93)}AA`, twins: ['sk-ant-api03-…'] },
  'hugging-face-token': {
    text: `hf_${random(upper + lower, 34)}`,
    twins: [`hf_${random(lower, 34)}`],
  },
  'groq-key': { text: `gsk_${word(52)}`, twins: ['gsk_'] },
  'replicate-token': { text: `r8_${word(37)}`, twins: ['r8_signed'] },
  'perplexity-key': { text: `pplx-${word(48)}`, twins: ['pplx-7b-online'] },
  'xai-key': { text: `xai-${word(80)}`, twins: ['xai-grok'] },
  'openrouter-key': { text: `sk-or-v1-${hex(64)}`, twins: ['sk-or-v1-'] },
  'elevenlabs-key': { text: `sk_${hex(48)}`, twins: [`task_${hex(48)}`] },
  'pinecone-key': { text: `pcsk_${word(6)}_${word(62)}`, twins: ['pcsk_index'] },
  'langsmith-key': { text: `lsv2_pt_${hex(32)}_${hex(10)}`, twins: ['lsv2_pt_key'] },
  'nvidia-key': { text: `nvapi-${base64url(64)}`, twins: ['nvapi-version'] },
  'mapbox-secret-token': {
    text: `sk.${json({ u: 'bank', a: word(24) })}.${base64url(22)}`,
    twins: [`pk.${json({ u: 'bank', a: word(24) })}.${base64url(22)}`],
  },
  'algolia-admin-key': {
    text: `algolia({appId:"${random(upper, 10)}",adminKey:"${hex(32)}"})`,
    twins: [`algolia({searchKey:"${hex(32)}"})`],
  },
  'supabase-secret-key': {
    text: `sb_secret_${base64url(31)}`,
    twins: [`sb_publishable_${base64url(31)}`],
  },
  'supabase-access-token': { text: `sbp_${hex(40)}`, twins: ['sbp_project'] },
  'sentry-auth-token': {
    text: `sntryu_${hex(64)}`,
    twins: [`https://${hex(32)}@o1.ingest.sentry.io/2`],
  },
  'launchdarkly-sdk-key': { text: `sdk-${uuid()}`, twins: [`mob-${uuid()}`] },
  'grafana-token': { text: `glsa_${word(32)}_${hex(8)}`, twins: ['glsa_token'] },
  'new-relic-key': { text: `NRAK-${random(upper + digits, 27)}`, twins: [`AA${hex(40)}-NRMA`] },
  'posthog-personal-key': { text: `phx_${word(43)}`, twins: [`phc_${word(43)}`] },
  'linear-key': { text: `lin_api_${word(40)}`, twins: ['lin_api_version'] },
  'notion-token': { text: `ntn_${number(11)}${word(35)}`, twins: [`ntn_${word(8)}`] },
  'airtable-token': { text: `pat${word(14)}.${hex(64)}`, twins: ['path.to.something'] },
  'postman-key': { text: `PMAK-${hex(24)}-${hex(34)}`, twins: ['PMAK-key'] },
  'figma-token': { text: `figd_${base64url(40)}`, twins: ['figd_file'] },
  'dynatrace-token': {
    text: `dt0c01.${random(upper + digits, 24)}.${random(upper + digits, 64)}`,
    twins: ['dt0c01.'],
  },
  'branch-secret': { text: `secret_live_${word(38)}`, twins: [`key_live_${word(32)}`] },
  'age-identity': {
    text: `AGE-SECRET-KEY-1${random('QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L', 58)}`,
    twins: ['AGE-SECRET-KEY-1'],
  },
  'json-web-token': {
    text: token({ iss: 'https://bank.com', sub: '12', exp: 4_000_000_000 }),
    severity: 'medium',
    twins: [
      token({ iss: 'supabase', role: 'anon', exp: 4_000_000_000 }),
      `${json({ no: 'algorithm' })}.${json({ a: 1 })}.${base64url(20)}`,
      `eyJ${word(40)}.eyJ${word(40)}.${word(43)}`,
    ],
  },
  'url-credentials': {
    text: 'https://app:Rk39-kd0w@api.bank.com/v1',
    severity: 'high',
    twins: [
      'https://user:pass@bank.com',
      'http://user:secret@localhost:80',
      'ftp://%s:%s@host.com',
      'https://a.com:8080@b',
      'https://api.bank.com:443/a@b',
      'http://app:Rk39kd0w@example.com/',
    ],
  },
  'basic-authorization': {
    text: `Authorization: Basic ${Buffer.from('app:Rk39-kd0w').toString('base64')}`,
    twins: [
      `Basic ${Buffer.from('Aladdin:open sesame').toString('base64')}`,
      'Basic Authentication',
      `Basic ${Buffer.from('user:pass').toString('base64')}`,
    ],
  },
  'bearer-authorization': {
    text: `Bearer ${word(40)}7a1b2`,
    twins: ['Bearer AuthenticationChallengeReceived', 'Bearer <token>'],
  },
  'openweather-api-key': {
    text: `&units=metric&appid=${hex(32)}`,
    twins: [`&appid=${hex(40)}`, '&appid=%s', '&appid=YOUR_OPENWEATHER_API_KEY_IS_HERE'],
  },
}

const signed = (claims: unknown, key: string) => {
  const front = `${json({ alg: 'HS256', typ: 'JWT' })}.${json(claims)}`
  return `${front}.${createHmac('sha256', key).update(front).digest('base64url')}`
}

/** What else tells a secret of one kind from another. */
export const gradedSecrets = {
  'a service role key of Supabase': {
    text: token({ iss: 'supabase', role: 'service_role', exp: 4_000_000_000 }),
    severity: 'critical',
  },
  'an expired token': { text: token({ exp: 1_500_000_000 }), severity: 'info' },
  'a token that a tutorial signed': { text: signed({ sub: '1' }, 'secret'), severity: 'low' },
  'a token that somebody signed': { text: signed({ sub: '1' }, word(32)), severity: 'medium' },
  'an unsigned token': { text: token({ sub: '1' }, 'none'), severity: 'low' },
  'a test key of Stripe': { text: `sk_${testing}_${word(24)}Gh`, severity: 'low' },
  'a restricted key of Stripe': { text: `rk_${live}_${word(24)}Gh`, severity: 'high' },
  'an id of AWS without its secret': {
    text: `${awsId}Q${random(`${upper}234567`, 15)}`,
    severity: 'low',
  },
  'a listen policy of notification hubs': {
    text: `SharedAccessKeyName=DefaultListenSharedAccessSignature;SharedAccessKey=${base64(43)}=`,
    severity: 'low',
  },
  'an address of a container that may be read': {
    text: `?sv=2024-11-04&se=2030-01-01&sp=r&sig=${word(43)}%3D`,
    severity: 'medium',
  },
  'an address that has expired': {
    text: `?sv=2020-11-04&se=2021-01-01&sp=rw&sig=${word(43)}%3D`,
    severity: 'info',
  },
  'the password of a database': {
    text: 'mongodb+srv://app:Rk39-kd0w@cluster0.bank.mongodb.net/db',
    severity: 'critical',
  },
} as const
