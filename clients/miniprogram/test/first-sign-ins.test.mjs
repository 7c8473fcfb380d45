import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { root } from './world.mjs'

test('the figures come from a run: whom a key or privacy stops fails elsewhere, and nobody with this client', async () => {
  const script = join(root, 'bench/first-sign-ins.mjs')

  const { stdout } = await promisify(execFile)(process.execPath, [script, '--people', '120', '--seed', '7'])

  const [, agreed] = /(\d+) agreed, /.exec(stdout)
  const [, lucky] = /(\d+) key fresh and agreed/.exec(stdout)
  assert.match(stdout, new RegExp(`the obvious order .*: ${120 - lucky} of 120 fail at the first try`))
  assert.match(stdout, new RegExp(`the right order, user info alone: ${120 - agreed} of 120 fail at the first try`))
  assert.match(stdout, /this client: 0 of 120 fail at the first try \(0\.0 %\)/)
})

test('without the program the figures say what makes it', async () => {
  const script = join(root, 'bench/first-sign-ins.mjs')
  const env = { ...process.env, WEAPP_LOGIN_BIN: join(root, 'nowhere') }

  const failure = await promisify(execFile)(process.execPath, [script], { env }).catch(error => error)

  assert.equal(failure.code, 1)
  assert.match(failure.stderr, /^there is no .*nowhere: "cargo build" makes it/)
  assert.ok(!failure.stderr.includes('    at '))
})
