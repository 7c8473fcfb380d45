// What a test starts with: a private service with WeChat's simulator beside it, phones that people hold, and the client.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createWeappLogin } from '../dist/index.mjs'
import { createPhone } from '../testing/index.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const APP = 'wx0123456789abcdef'
const BINARY = resolve(root, process.env.WEAPP_LOGIN_BIN || '../../target/debug/weapp-login')
if (!existsSync(BINARY)) {
  console.error(`there is no ${BINARY}: "cargo build" makes it, or WEAPP_LOGIN_BIN names another one`)
  process.exit(1)
}

const children = new Set()
process.on('exit', () => children.forEach(child => child.kill('SIGKILL')))

/** Starts `weapp-login dev` in a folder of its own; ends with the test `t`. */
export async function startService(t, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weapp-login-client-'))
  let own = ''
  const service = { url: '', stop: async () => {}, start: async () => {} }
  service.start = async () => {
    const listen = own ? new URL(own).host : '127.0.0.1:0'
    const child = spawn(BINARY, ['dev'], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        LISTEN: listen,
        DATABASE_URL: `sqlite://${join(folder, 'people.sqlite3')}`,
        WECHAT_APP_ID: APP,
        WECHAT_APP_SECRET: 'secret-of-a-test',
        RATE_LIMIT_PER_MINUTE: '0',
        LOG: 'warn',
        ...env
      },
      stdio: ['ignore', 'pipe', 'pipe']
    })
    const ended = once(child, 'exit')
    children.add(child)
    child.once('exit', () => children.delete(child))
    let said = ''
    child.stderr.on('data', text => { said += text })
    service.stop = async () => {
      child.kill('SIGKILL')
      await ended.catch(() => {})
    }
    own = await new Promise((found, failed) => {
      const late = setTimeout(() => failed(new Error(`the service did not start in time: ${said}`)), 20000)
      child.once('error', failed)
      ended.then(() => failed(new Error(`the service ended: ${said}`)), failed)
      createInterface({ input: child.stdout }).on('line', line => {
        said += line + '\n'
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)
        if (address) found(address[0])
        if (address) clearTimeout(late)
      })
    })
    service.url = service.url || own
  }
  t.after(async () => {
    await service.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  await service.start()
  return service
}

/** A service, and what a test does around it. */
export async function startWorld(t, env = {}) {
  const service = await startService(t, env)
  const post = async (path, body, method = 'POST') => {
    const answer = await fetch(service.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body)
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  }
  return {
    service,
    url: service.url,
    /** A phone in `person`'s hand; `phone.steps` lists what the mini program did, in order. */
    phone: (person = 'alice', settings = {}) => observedPhone({ simulator: service.url, person, appId: APP, ...settings }),
    /** The client on `phone`, with pauses that a test can afford. */
    client: (phone, options = {}) => createWeappLogin({ baseUrl: service.url, wx: phone.wx, retryDelay: 20, ...options }),
    /** What WeChat's servers, or the path between them and the service, do to the next `times` requests of `path`. */
    fault: (kind, value, times = 1, path = '/sns/jscode2session') => post('/control/faults', { path, kind, value, times }),
    steer: (person, change) => post(`/control/people/${person}`, change, 'PUT'),
    /** What the mini program's privacy guideline says of `person`'s data, and whether they agreed to it. */
    privacy: (person, state) => post(`/control/people/${person}`, { privacy: state }, 'PUT'),
    expireKey: person => post(`/control/people/${person}/expire-session-key`, { appId: APP }),
    advanceClock: seconds => post('/control/clock', { advanceSeconds: seconds }),
    /** Ends a session from outside the client, as another device or support staff would. */
    revoke: async token => {
      const answer = await fetch(`${service.url}/v1/session`, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
      if (answer.status !== 204) throw new Error(`revoke: ${answer.status}`)
    },
    /** Another phone of the same person signs in, which renews an expired session key. */
    exchangeElsewhere: async person => {
      const other = observedPhone({ simulator: service.url, person, appId: APP })
      const { code } = await new Promise((success, fail) => other.wx.login({ success, fail }))
      await post('/v1/login', { code, appId: APP })
    }
  }
}

function observedPhone(settings) {
  const steps = []
  const phone = createPhone({
    ...settings,
    onMessage(message) {
      if (message.phase === 'call') {
        const { options } = message
        const path = options.url === undefined ? '' : ` ${new URL(options.url).pathname}`
        steps.push(message.api === 'request' ? `${options.method || 'GET'}${path}` : message.api + path)
      }
      if (settings.onMessage) settings.onMessage(message)
    }
  })
  return { ...phone, steps, tokenIn: url => JSON.parse(phone.storage.getItem(`weapp-login:${url}`)).token }
}

/** How often `step` is in `steps`. */
export function count(steps, step) {
  return steps.filter(found => found === step).length
}

/** A server that is not the login service: `answer(request, body)` gives `{ status, headers, body }`. */
export async function startBackend(t, answer) {
  const seen = []
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      seen.push({ method: request.method, url: request.url, headers: request.headers, body })
      const { status = 200, headers = { 'content-type': 'application/json' }, body: text = '{}' } = answer(request, body) || {}
      response.writeHead(status, headers)
      response.end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${server.address().port}`, seen }
}

/** The error that `promise` rejects with; the test fails when it does not. */
export function rejection(promise) {
  return promise.then(
    value => { throw new Error(`resolved with ${JSON.stringify(value)}`) },
    error => error
  )
}

/** An answer as somebody other than the login service would give it, for a phone's faults. */
export function foreignAnswer(statusCode, data, header = {}) {
  return { statusCode, data, header, cookies: [], errMsg: 'request:ok' }
}
