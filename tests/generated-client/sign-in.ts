// What an application does with the generated client. Compiled against it: a name that the document does not have fails here.
import { createClient } from './generated/client/index.js'
import { eraseMe, login, register, showMe, updateMe } from './generated/index.js'
import type { Code, Problem } from './generated/index.js'

type Phone = { code: () => Promise<string>, userInfo: () => Promise<Record<'rawData' | 'signature' | 'encryptedData' | 'iv', string>> }

/** Registers, signs in again and changes the name; answers with what was seen on the way. */
export async function signIn(baseUrl: string, appId: string, phone: Phone) {
  const client = createClient({ baseUrl })
  const first = await login({ client, body: { appId, code: await phone.code() }, throwOnError: true })
  if (first.data.status !== 'registrationRequired') throw new Error('somebody unknown is known')
  const { rawData, signature, encryptedData, iv } = await phone.userInfo()
  const body = { ticket: first.data.ticket, rawData, signature, encryptedData, iv }
  const registered = await register({ client, body, throwOnError: true })

  const second = await login({ client, body: { appId, code: await phone.code() }, throwOnError: true })
  if (second.data.status !== 'loggedIn') throw new Error('somebody known is unknown')
  const auth = second.data.token
  const renamed = await updateMe({ client, auth, body: { nickname: 'Band' }, throwOnError: true })
  const shown = await showMe({ client, auth, throwOnError: true })
  await eraseMe({ client, auth, throwOnError: true })
  return { ways: first.data.ways, registered: registered.data.user.id, renamed: renamed.data, shown: shown.data }
}

/** The error of a code that WeChat does not know. */
export async function refused(baseUrl: string, appId: string): Promise<Problem> {
  const answer = await login({ client: createClient({ baseUrl }), body: { appId, code: 'of-nobody' } })
  if (answer.error === undefined) throw new Error('the code of nobody signed somebody in')
  const expected: Code = 'code_invalid'
  if (answer.error.code !== expected) throw new Error(`not ${expected}: ${answer.error.code}`)
  return answer.error
}
