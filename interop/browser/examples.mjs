// A person in front of the examples for Google and Twitter, which run with --demo.
//   node examples.mjs [--google http://127.0.0.1:3000] [--twitter http://127.0.0.1:3001] [--shots target/interop/examples]
import { parseArgs } from 'node:util';
import { check, equal, go, main } from './browser.mjs';

const { values: args } = parseArgs({ options: {
  google: { type: 'string', default: 'http://127.0.0.1:3000' }, twitter: { type: 'string', default: 'http://127.0.0.1:3001' },
  shots: { type: 'string', default: 'target/interop/examples' },
} });
const EXAMPLES = [
  { name: 'Google', app: args.google, shows: 'alice@example.test', member: 'sub', value: 'user-alice' },
  { name: 'Twitter', app: args.twitter, shows: '@alice', member: 'screen_name', value: 'alice' },
];

const press = (page, name) => go(page, page.getByRole('button', { name, exact: true }).click());
const follow = (page, text) => go(page, page.getByText(text, { exact: true }).click());
const text = (page) => page.locator('main').innerText();
const has = async (page, ...words) => {
  const all = await text(page);
  for (const word of words) equal(`"${word}" on the page: ${all}`, all.includes(word), true);
};
const enter = async (page, user) => {
  await page.fill('input[name=username]', user);
  await page.fill('input[name=password]', 'password');
  await press(page, 'Log in');
};

await main(async () => {
  for (const { name, app, shows, member, value } of EXAMPLES) {
    const shot = name.toLowerCase();
    await check(`${name}: log in, ask the API, log out`, args.shots, async ({ context, strayed, complaints, picture }) => {
      const page = await context.newPage();
      await page.goto(app);
      await picture(page, `${shot}-1-start`);
      await follow(page, `Log in with ${name}`);
      await enter(page, 'alice');
      await press(page, 'Allow');
      equal('the address', page.url(), `${app}/`);
      await has(page, 'Hello, Alice', shows);
      await picture(page, `${shot}-2-signed-in`);
      await follow(page, `Ask ${name}'s API who I am`);
      equal(member, JSON.parse(await page.locator('pre').innerText())[member], value);
      await picture(page, `${shot}-3-profile`);
      await follow(page, 'Back');
      await press(page, 'Log out');
      await has(page, `Log in with ${name}`);
      equal('cookies of the application', (await context.cookies(app)).filter((cookie) => /^session$|oauth-user/.test(cookie.name)), []);
      equal('requests that left the machine', strayed, []);
      equal('complaints of the browser', complaints, []);
    });

    await check(`${name}: say no, then try again`, args.shots, async ({ context, picture }) => {
      const page = await context.newPage();
      await page.goto(`${app}/login`);
      await enter(page, 'alice');
      await press(page, 'Deny');
      await has(page, 'That did not work');
      await picture(page, `${shot}-4-denied`);
      await follow(page, 'Start again');
      await follow(page, `Log in with ${name}`);
      if (await page.locator('input[name=username]').count()) await enter(page, 'alice');
      await press(page, 'Allow');
      await has(page, 'Hello, Alice');
    });

    await check(`${name}: a form that another tab's login made stale comes again`, args.shots, async ({ context, picture }) => {
      const [one, two] = [await context.newPage(), await context.newPage()];
      await one.goto(`${app}/login`);
      await two.goto(`${app}/login`);
      await enter(one, 'alice');
      await enter(two, 'alice');
      await has(two, 'Please answer once more');
      await picture(two, `${shot}-5-stale`);
      await enter(two, 'alice');
      await press(two, 'Allow');
      await has(two, 'Hello, Alice');
      await press(one, 'Allow');
      await has(one, 'once more');
      await press(one, 'Allow');
      await has(one, 'Hello, Alice');
    });
  }
});
