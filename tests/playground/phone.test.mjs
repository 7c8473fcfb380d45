// The phone button: somebody new gets an account and its number in one tap.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base, open } from './harness.mjs'

test('a new person taps the phone button, and the account is there with its number', async () => {
  const { page, tap, sent, picture, closeWell } = await open()

  await tap('register-by-phone')
  await page.waitForSelector('.number')
  await page.waitForSelector('fieldset.trouble:not(:disabled)')

  assert.deepEqual(sent(), ['POST wx/getPhoneNumber 200', 'POST wx/login 200', 'POST /v1/login 200', 'POST /v1/register 201'])
  assert.deepEqual(await page.locator('#rows .label code').allInnerTexts(), [
    'wx.getPhoneNumber()', 'success', 'wx.login()', 'success', 'POST /v1/login', 'GET jscode2session', 'registrationRequired',
    'POST /v1/register', 'POST stable_token', 'POST getuserphonenumber', 'loggedIn'
  ])
  assert.match((await page.locator('.verdict.ok .equation').innerText()).replace(/\s+/g, ' '), /^to know who this is = proved by exchange of key v1 phone number$/)
  assert.match(await page.locator('#users tr.own td').nth(3).innerText(), /^\+86\d{3}••••\d\d$/)
  const { users: [youngest] } = await (await fetch(`${base}/playground/state`)).json()
  assert.match(youngest.phone, /^\+86\d{3}••••\d\d$/)
  await picture('phone-button')
  await closeWell()
})

test('somebody known signs in by the same button, and the number is bound', async () => {
  const { page, choose, signIn, tap, sent, closeWell } = await open()
  await choose('right')
  await signIn()
  await tap('sign-out')
  await page.waitForSelector('[data-name="register-by-phone"]:not(:disabled)')
  sent()

  await tap('register-by-phone')
  await page.waitForSelector('.number')
  await page.waitForSelector('fieldset.trouble:not(:disabled)')

  assert.deepEqual(sent(), ['POST wx/getPhoneNumber 200', 'POST wx/login 200', 'POST /v1/login 200', 'POST /v1/me/phone 200'])
  await closeWell()
})
