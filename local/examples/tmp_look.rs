//! tmp
fn main() -> anyhow::Result<()> {
    let base = std::env::args().nth(1).unwrap();
    let driver = webdriver::Driver::start()?;
    let page = driver.session()?;
    for p in std::env::args().skip(2) {
        page.goto(&format!("{base}{p}"))?;
        std::thread::sleep(std::time::Duration::from_millis(1500));
        for e in page.console()? {
            println!("{p}: {e:?}");
        }
        std::fs::write(format!("/tmp/shot{}.png", p.replace(['/', '.'], "_")), page.screenshot()?)?;
        println!("{p} {}", page.script("return document.title", &[])?);
    }
    Ok(())
}
