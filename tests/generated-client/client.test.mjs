// A client that a generator makes from /openapi.json, in TypeScript and with every answer checked by its schemas, signs
// somebody in and understands an error.
import { createClient } from '@hey-api/openapi-ts'
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const BINARY = resolve(process.env.WEAPP_LOGIN_BIN || join(here, '../../target/debug/weapp-login'))
const APP = 'wx0123456789abcdef'
const folder = mkdtempSync(join(tmpdir(), 'weapp-login-generated-'))
let service, base, use, schemas

before(async () => {
  service = spawn(BINARY, ['dev'], {
    cwd: folder,
    env: { LISTEN: '127.0.0.1:0', WECHAT_APP_ID: APP, WECHAT_APP_SECRET: 'secret-of-a-test', LOG: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  process.on('exit', () => service.kill('SIGKILL'))
  for await (const line of createInterface({ input: service.stdout })) {
    base = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
    if (base) break
  }
  service.stdout.resume()

  const document = join(folder, 'openapi.json')
  writeFileSync(document, await (await fetch(`${base}/openapi.json`)).text())
  await createClient({
    input: document,
    output: { path: join(here, 'generated'), importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', 'zod', { name: '@hey-api/sdk', validator: 'zod' }],
    logs: { level: 'warn' }
  })
  execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), '--project', here], { stdio: 'inherit' })
  use = await import('./built/sign-in.js')
  schemas = await import('./built/generated/zod.gen.js')
})

after(async () => {
  const ended = once(service, 'exit')
  service.kill('SIGKILL')
  await ended
  for (const path of [folder, join(here, 'generated'), join(here, 'built')]) rmSync(path, { recursive: true, force: true })
})

async function wx(call) {
  const answer = await fetch(`${base}/wx/alice/${call}`, { method: 'POST', body: JSON.stringify({ appId: APP }) })
  return answer.json()
}

test('a generated client registers somebody, signs them in and changes their name', async () => {
  const phone = { code: async () => (await wx('login')).code, userInfo: () => wx('getUserInfo') }

  const seen = await use.signIn(base, APP, phone)

  assert.deepEqual(seen.ways, ['userInfo', 'silent', 'phone'])
  assert.equal(seen.shown.id, seen.registered)
  assert.deepEqual([seen.renamed.nickname, seen.shown.nickname], ['Band', 'Band'])
})

test('a generated client understands an error', async () => {
  const problem = await use.refused(base, APP)

  assert.deepEqual(schemas.zProblem.parse(problem), problem)
  assert.deepEqual([problem.status, problem.code, problem.retry], [401, 'code_invalid', 'restart'])
})
