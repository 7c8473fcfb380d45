// The real program, the page it serves, and a real browser. Every test file has a server, a database and a browser of its own.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before } from 'node:test'
import { chromium } from 'playwright-core'

const here = import.meta.dirname
const program = resolve(here, process.env.WEAPP_LOGIN_BIN || '../../target/debug/weapp-login')
const pictures = resolve(here, '../../target/playground-screenshots')
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'
]

/** What the mini programs of `dev` are called, and the secret that WeChat asks their server for. */
const APPS = { wx00000000000000a1: 'simulated-secret-of-the-first-app', wx00000000000000a2: 'simulated-secret-of-the-second-app' }

let server
let browser
export let base

/** Starts the program as `dev`, in a folder of its own or in that of an earlier one; `settings` are environment variables. */
export async function startDev(settings = {}, place = mkdtempSync(join(tmpdir(), 'weapp-login-playground-'))) {
  const env = {
    ...process.env, LISTEN: '127.0.0.1:0', RATE_LIMIT_PER_MINUTE: '0', LOG: 'off', ...settings
  }
  const server = spawn(program, ['dev'], { cwd: place, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await new Promise((found, failed) => {
    let said = ''
    server.stdout.on('data', piece => {
      said += piece
      const address = said.match(/http:\/\/127\.0\.0\.1:\d+/)
      if (address) found(address[0])
    })
    server.once('error', failed)
    server.once('exit', code => failed(new Error(`the server ended with ${code}: ${said}`)))
  })
  return {
    url,
    place,
    async stop({ keep = false } = {}) {
      if (server.exitCode === null) {
        const ended = new Promise(resolve => server.once('exit', resolve))
        server.kill()
        await ended
      }
      if (!keep) rmSync(place, { recursive: true, force: true })
    }
  }
}

before(async () => {
  mkdirSync(pictures, { recursive: true })
  server = await startDev()
  base = server.url
  // With a user data directory of its own, which is gone afterwards.
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags })
})

after(async () => {
  if (browser) await browser.close()
  if (server) await server.stop()
})

/**
 * The page, ready, in a browser without a past. `scheme`, `locale`, `width`, `height` and `script` are that browser's; `at` is
 * another server than that of the file, `path` another page; `unanswered`: requests may fail because nothing answers.
 *
 * `watch` holds what went over the wire and what must not be there: `problems` (errors of scripts and of the policy),
 * `foreign` (requests to other hosts), `secrets`.
 */
export async function open({ scheme = 'light', locale = 'en-US', width = 1280, height = 860, script = true, at = base, path = '/', unanswered = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale, reducedMotion: 'reduce', javaScriptEnabled: script })
  const page = await context.newPage()
  // The explanation plays three lives before it shows the first picture, which takes its time beside other work.
  page.setDefaultTimeout(30000)
  const watch = { problems: [], foreign: [], secrets: new Set(), people: new Set(), answers: [] }
  const reading = []
  page.on('pageerror', error => watch.problems.push(String(error)))
  page.on('console', message => {
    // The browser reports every status above 399; those of the API are part of the show.
    const expected = /status of (400|422|503)/.test(message.text()) || (unanswered && /ERR_CONNECTION|ERR_EMPTY_RESPONSE/.test(message.text()))
    if (message.type() === 'error' && !expected) watch.problems.push(message.text())
  })
  page.on('request', request => {
    if (new URL(request.url()).origin !== at) watch.foreign.push(request.url())
    collect(request.postData(), watch.secrets)
    const bearer = (request.headers().authorization || '').replace('Bearer ', '')
    if (bearer) watch.secrets.add(bearer)
    const person = request.url().match(/\/wx\/([^/]+)\//)
    if (person) watch.people.add(person[1])
  })
  page.on('response', answer => {
    const { pathname } = new URL(answer.url())
    if (/^\/(v1|wx)\//.test(pathname)) {
      watch.answers.push(`${answer.request().method()} ${pathname.replace(/\/wx\/[^/]+/, 'wx')} ${answer.status()}`)
      reading.push(answer.text().then(text => collect(text, watch.secrets)).catch(() => {}))
    }
  })
  await page.goto(`${at}${path}`)
  if (script) await page.waitForSelector('html[data-ready]')
  return {
    page,
    watch,
    sent: () => watch.answers.splice(0),
    tap: name => page.click(`[data-name="${name}"]`),
    idle: () => page.waitForSelector('#screen[aria-busy="false"]'),
    choose: order => page.check(`input[name="order"][value="${order}"]`, { force: true }),
    async signIn() {
      const before = await page.locator('#rows > .strong').count()
      await page.click('[data-name="sign-in"]')
      await page.waitForFunction(before => document.querySelectorAll('#rows > .strong').length > before, before)
      await page.waitForSelector('fieldset.trouble:not(:disabled)')
    },
    /** Pulls a lever and waits for what it says in the diagram. */
    async pull(id) {
      const rows = await page.locator('#rows > .divider').count()
      await page.click(`#${id}`)
      await page.waitForFunction(([before, id]) => id === 'reset' || document.querySelectorAll('#rows > .divider').length > before, [rows, id])
      await page.waitForSelector('fieldset.trouble:not(:disabled)')
    },
    picture: name => page.screenshot({ path: join(pictures, `${name}.png`) }),
    /** Everything that must hold whatever a test did. */
    async closeWell() {
      await Promise.all(reading)
      assert.deepEqual(watch.problems, [])
      assert.deepEqual(watch.foreign, [])
      await noSecretIsShown(page, watch, at)
      await context.close()
    }
  }
}

/** The texts of fields that nobody but their owner may see. */
function collect(text, secrets) {
  const secret = ['code', 'phoneCode', 'ticket', 'token', 'signature', 'encryptedData', 'iv', 'phone', 'openid', 'unionid', 'session_key']
  const visit = value => {
    if (typeof value !== 'object' || value === null) return
    const isProblem = typeof value.retry === 'string'
    for (const [name, field] of Object.entries(value)) {
      if (typeof field !== 'string') visit(field)
      else if (secret.includes(name) && !(isProblem && name === 'code')) secrets.add(field)
    }
  }
  try {
    visit(JSON.parse(text))
  } catch {
    // Not JSON: nothing to hide in it.
  }
}

/** What WeChat tells only servers about the people of this page: asked for here, to be looked for there. */
async function idsAndKeys(people, base) {
  const secrets = new Set()
  for (const person of people) {
    for (const [appid, secret] of Object.entries(APPS)) {
      const login = await fetch(`${base}/wx/${person}/login`, { method: 'POST', body: JSON.stringify({ appId: appid }) })
      const { code } = await login.json()
      const query = new URLSearchParams({ appid, secret, js_code: code, grant_type: 'authorization_code' })
      const exchanged = await (await fetch(`${base}/sns/jscode2session?${query}`)).text()
      assert.match(exchanged, /session_key/)
      collect(exchanged, secrets)
    }
  }
  return secrets
}

async function noSecretIsShown(page, watch, at) {
  await page.evaluate(() => document.querySelectorAll('.more[aria-expanded="false"]').forEach(button => button.click()))
  const shown = await page.evaluate(() => {
    const typed = [...document.querySelectorAll('input')].map(input => input.value)
    return document.documentElement.outerHTML + document.body.innerText + typed.join('\n')
  })
  const secrets = [...watch.secrets, ...(await idsAndKeys(watch.people, at))]
  assert.ok(watch.people.size === 0 || secrets.length > 0)
  for (const secret of secrets) {
    assert.ok(!shown.includes(secret), `${secret.slice(0, 4)}… is shown`)
    assert.ok(secret.length < 20 || !shown.includes(secret.slice(0, 12)), `the beginning of ${secret.slice(0, 4)}… is shown`)
  }
}
