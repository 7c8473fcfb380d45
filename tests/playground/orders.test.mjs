// The two orders, with everything the page shows about them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { open } from './harness.mjs'

test('the obvious order fails at the first try, says why in red, and works at the second', async () => {
  const { page, signIn, sent, picture, closeWell } = await open()

  await signIn()

  const verdict = page.locator('.mismatch')
  assert.deepEqual(sent(), ['POST wx/login 200', 'POST wx/getUserInfo 200', 'POST /v1/login 200', 'POST /v1/register 422'])
  assert.deepEqual(await verdict.locator('.equation .chip.key').allInnerTexts(), ['key v0', 'key v1'])
  assert.equal(
    (await verdict.locator('p').innerText()).replace(/\s+/g, ' '),
    'The data was fetched before the exchange, so WeChat signed it with key v0; the exchange then made key v1, and no check with that can succeed.'
  )
  assert.equal(await verdict.locator('.card').evaluate(card => getComputedStyle(card).borderTopColor), 'rgb(216, 69, 61)')
  assert.match(await page.locator('#announcement').innerText(), /^The data was fetched before/)
  assert.deepEqual(await page.locator('#screen .problem .chip').allInnerTexts(), ['signature_mismatch', 'retry: getUserInfo'])
  await picture('obvious-order-first-try')

  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST wx/getUserInfo 200', 'POST /v1/login 200', 'POST /v1/register 201'])
  assert.deepEqual(await page.locator('.verdict.ok .equation .chip.key').allInnerTexts(), ['key v1', 'key v1'])
  assert.equal(await page.locator('.nickname').innerText(), '微信用户')
  await picture('obvious-order-second-try')
  await closeWell()
})

test('the right order works at once, and each message stands in its place', async () => {
  const { page, choose, signIn, sent, picture, closeWell } = await open()

  await choose('right')
  await signIn()

  assert.deepEqual(sent(), ['POST wx/login 200', 'POST /v1/login 200', 'POST wx/getUserInfo 200', 'POST /v1/register 201'])
  assert.equal(await page.locator('.mismatch').count(), 0)
  assert.deepEqual(await page.locator('#rows .label code').allInnerTexts(), [
    'wx.login()', 'success', 'POST /v1/login', 'GET jscode2session', 'registrationRequired', 'wx.getUserInfo()', 'success',
    'POST /v1/register', 'loggedIn'
  ])
  assert.deepEqual(await page.locator('#rows .label > .sr').allInnerTexts(), [
    'Phone → WeChat: ', 'WeChat → Phone: ', 'Phone → This service: ', 'This service → WeChat: ', 'WeChat → This service: ',
    'This service → Phone: ', 'Phone → WeChat: ', 'WeChat → Phone: ', 'Phone → This service: ', 'This service → Phone: '
  ].map(party => party.trim()))
  assert.equal(await page.locator('#users tr.own').count(), 1)
  assert.match(await page.locator('#tokens').innerText(), /session:/)
  await picture('right-order')
  await closeWell()
})

test('signed data and both life lines take the colour of the key they have', async () => {
  const { page, choose, signIn, closeWell } = await open()
  const colour = locator => locator.evaluate(element => getComputedStyle(element).getPropertyValue('--k-line').trim())

  await choose('right')
  await signIn()

  const register = page.locator('.message', { hasText: 'POST /v1/register' })
  const [phone, service, wechat] = await register.locator('.lines i').all()
  assert.equal(await colour(phone), '#cfcac0')
  assert.deepEqual(await Promise.all([colour(register), colour(service), colour(wechat)]), ['#e09a0b', '#e09a0b', '#e09a0b'])
  const first = page.locator('.message').first().locator('.lines i')
  assert.deepEqual(await Promise.all([colour(first.nth(1)), colour(first.nth(2))]), ['#cfcac0', '#85888f'])
  await closeWell()
})

test('what was sent can be unfolded, with fingerprints in the place of secrets', async () => {
  const { page, choose, signIn, closeWell } = await open()

  await choose('right')
  await signIn()
  const register = page.locator('.message', { hasText: 'POST /v1/register' })
  await register.locator('.more').click()

  const detail = JSON.parse(await register.locator('.detail').innerText())
  for (const name of ['ticket', 'rawData', 'signature', 'encryptedData', 'iv']) {
    assert.match(detail[name], new RegExp(`^‹${name} #[0-9a-f]{4}›$`))
  }
  await closeWell()
})

test('a person signs in, takes a name, shares the phone number and signs out', async () => {
  const { page, choose, signIn, tap, idle, sent, picture, closeWell } = await open()
  await choose('right')
  await signIn()
  sent()

  await page.fill('#nickname', 'Ada 😀')
  await tap('save')
  await page.waitForFunction(() => document.querySelector('.nickname').textContent === 'Ada 😀')
  await page.waitForSelector('[data-name="phone"]:not(:disabled)')
  await tap('phone')
  await page.waitForSelector('.number')
  await page.waitForFunction(() => /\+86\d{3}••••\d\d/.test(document.getElementById('users').innerText))
  await picture('signed-in')
  await tap('sign-out')
  await page.waitForSelector('[data-name="sign-in"]:not(:disabled)')
  await idle()

  assert.deepEqual(sent(), ['POST /v1/me 200', 'POST wx/getPhoneNumber 200', 'POST /v1/me/phone 200', 'DELETE /v1/session 204'])
  assert.match(await page.locator('#users tr').nth(1).innerText(), /Ada 😀/)
  assert.equal(await page.locator('.number').count(), 0)
  await closeWell()
})
