/** What a person does in a browser at oidc-provider's own pages: goes where it is sent, fills in forms, says yes. */
export async function signInAt(address: string, account: string): Promise<string> {
  const cookies = new Map<string, string>()
  const browse = async (url: URL, form?: URLSearchParams): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { cookie },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    return answer
  }
  let at = new URL(address)
  let answer = await browse(at)
  for (let step = 0; step < 20; step++) {
    const location = answer.headers.get('location')
    if (location !== null) {
      at = new URL(location, at)
      answer = await browse(at)
      continue
    }
    const page = await answer.text()
    const form = formOf(page, account)
    if (form === undefined) return page
    at = new URL(/action="([^"]+)"/.exec(page)?.[1] ?? '', at)
    answer = await browse(at, form)
  }
  throw new Error(`the sign-in goes on and on, at ${at.href}`)
}

/** The form of a page, as somebody fills it in; undefined where there is none to send. */
function formOf(page: string, account: string): URLSearchParams | undefined {
  const isForm = /name="(?:prompt|xsrf)"/.test(page) && /action="/.test(page)
  if (!isForm) return undefined
  const hidden = [...page.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)]
  const form = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, value]))
  if (form.get('prompt') === 'login') {
    form.set('login', account)
    form.set('password', 'x')
  }
  return form
}
