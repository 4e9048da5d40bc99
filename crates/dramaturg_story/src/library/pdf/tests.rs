use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::io::Write as _;

fn packed(data: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A file of these objects, numbered from 1; the first is the catalogue.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in (1..).zip(objects) {
        places.push(out.len());
        out.extend(format!("{number} 0 obj\n").as_bytes());
        out.extend(object);
        out.extend(b"\nendobj\n");
    }
    let table = out.len();
    let mut tail = format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1);
    places.iter().for_each(|place| writeln!(tail, "{place:010} 00000 n ").unwrap());
    write!(
        tail,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        places.len() + 1
    )
    .unwrap();
    out.extend(tail.as_bytes());
    out
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {dict} /Length {} >>\nstream\n", data.len()).into_bytes();
    out.extend(data);
    out.extend(b"\nendstream");
    out
}

/// Pages with these contents, already packed; `filter` says how.
fn pages_of(contents: &[Vec<u8>], filter: &str) -> Vec<u8> {
    let mut objects = vec![b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(), Vec::new()];
    objects.push(b"<< /Type /Font /Subtype /Type1 /BaseFont /Times /Encoding << /Differences [200 /quoteright] >> >>".to_vec());
    let table = "1 begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0001> <6f6e> <0002> <6c50> endbfchar";
    objects.push(stream("", table.as_bytes()));
    objects
        .push(b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 4 0 R >>".to_vec());
    objects.push(b"<< /Type /Font /Subtype /Type0 /Encoding /UniGB-UCS2-H >>".to_vec());
    let mut kids = String::new();
    for content in contents {
        let page = objects.len() + 1;
        write!(kids, "{page} 0 R ").unwrap();
        objects.push(format!("<< /Type /Page /Parent 2 0 R /Contents {} 0 R /Resources << /Font << /A 3 0 R /B 5 0 R /C 6 0 R >> >> >>", page + 1).into_bytes());
        objects.push(stream(filter, content));
    }
    objects[1] =
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", contents.len()).into_bytes();
    file(&objects)
}

fn told(read: Result<Vec<Part>, PdfFault>) -> String {
    read.map(|parts| format!("{parts:?}")).unwrap_or_else(|fault| fault.to_string())
}

#[test]
fn pages_are_read_in_the_letters_that_their_fonts_mean() {
    let first = b"BT /A 12 Tf 72 700 Td (High water is at four) Tj 0 -14 Td (o\\310clock, ) Tj [(each) -250 (day.)] TJ 0 -40 Td (Mind the rocks.) Tj ET";
    let second = b"BT /B 12 Tf 1 0 0 1 72 700 Tm <00010002> Tj /C 12 Tf 0 -14 Td <65f6> Tj ET";
    let read =
        read(pages_of(&[packed(first), packed(b""), packed(second)], "/Filter /FlateDecode"))
            .unwrap();
    let told: Vec<_> = read.iter().map(|part| (part.page, part.text.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some(1), "High water is at four\no’clock, each day.\n\nMind the rocks.\n"),
            (Some(3), "潮汐\n时\n"),
        ]
    );
}

#[test]
fn a_bomb_is_refused_before_it_goes_off() {
    let zeros = vec![b' '; 1 << 20];
    // A gigabyte in a megabyte, and in a kilobyte.
    let huge = {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        (0..1024).for_each(|_| encoder.write_all(&zeros).unwrap());
        encoder.finish().unwrap()
    };
    let twice = packed(&huge);
    assert!(twice.len() < 20_000, "{}", twice.len());
    let one = pages_of(&[huge], "/Filter /FlateDecode");
    assert_eq!(read(one), Err(PdfFault::Bomb(32 << 20)));
    let two = pages_of(std::slice::from_ref(&twice), "/Filter [/FlateDecode /FlateDecode]");
    assert_eq!(read(two), Err(PdfFault::Bomb(32 << 20)));
    // Many small ones.
    let mild = packed(&vec![b' '; 20 << 20]);
    let many = pages_of(&vec![mild; 12], "/Filter /FlateDecode");
    assert_eq!(read(many), Err(PdfFault::Bomb(192 << 20)));
    // An object stream is unpacked when the file is opened: also where nothing says that it is one.
    let objects =
        file(&[stream("/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]", &twice)]);
    assert_eq!(read(objects), Err(PdfFault::Bomb(32 << 20)));
    let deep = (0..5).fold(b"x".to_vec(), |data, _| packed(&data));
    let deep = pages_of(&[deep], "/Filter [/Fl /Fl /Fl /Fl /Fl]");
    assert_eq!(read(deep), Err(PdfFault::Nested(3)));
    for filter in [
        "/Filter /LZWDecode",
        "/Filter [/L#5aWDecode]",
        "/Filter [ /A85 /Fl ]",
        "/Filter /RunLengthDecode",
    ] {
        let read = read(pages_of(&[b"x".to_vec()], filter));
        assert!(matches!(read, Err(PdfFault::Packed(_))), "{filter}: {read:?}");
    }
}

#[test]
fn circles_and_crowds_of_pages_come_to_an_end() {
    let page = |kids: &str| format!("<< /Type /Pages /Kids [{kids}] /Count 1 >>").into_bytes();
    let catalogue = b"<< /Type /Catalog /Pages 2 0 R >>".to_vec();
    let circle = file(&[catalogue.clone(), page("3 0 R 2 0 R"), page("2 0 R 3 0 R")]);
    assert!(!told(read(circle)).is_empty());
    // A form that shows itself, and one whose resources are itself.
    let form = stream(
        "/Type /XObject /Subtype /Form /Resources << /XObject << /X 4 0 R >> >>",
        b"/X Do /X Do BT (x) Tj ET",
    );
    let shown =
        b"<< /Type /Page /Contents 5 0 R /Resources << /XObject << /X 4 0 R >> >> >>".to_vec();
    let objects = [catalogue.clone(), page("3 0 R"), shown, form, stream("", b"/X Do")];
    assert!(told(read(file(&objects))).len() < 2000);
    let crowd = pages_of(&vec![b"BT (x) Tj ET".to_vec(); PAGES + 1], "");
    assert_eq!(read(crowd), Err(PdfFault::Pages(PAGES + 1, PAGES)));
    // A reference that leads to itself, a length that lies, an array in an array in an array.
    let itself = file(&[b"1 0 R".to_vec(), b"2 0 R".to_vec()]);
    assert!(!told(read(itself)).is_empty());
    let lying = file(&[catalogue.clone(), b"<< /Length 99999999 >>\nstream\nx".to_vec()]);
    assert!(!told(read(lying)).is_empty());
    for nested in ["[", "<<", "<< /A ", "("] {
        let deep = nested.repeat(200_000);
        let read = read(file(&[format!("<< /Type /Catalog /Pages {deep}").into_bytes()]));
        assert!(!told(read).is_empty());
        let _ = super::read(pages_of(&[format!("BT /A 1 Tf {deep}").into_bytes()], ""));
    }
    // The table of a font is a small program: it does not nest for ever either.
    let mut objects = vec![catalogue, page("3 0 R")];
    objects
        .push(b"<< /Type /Page /Contents 6 0 R /Resources << /Font << /A 4 0 R >> >> >>".to_vec());
    objects
        .push(b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 5 0 R >>".to_vec());
    objects.push(stream("", "{ [ << ".repeat(100_000).as_bytes()));
    objects.push(stream("", b"BT /A 1 Tf <0001> Tj ET"));
    assert!(!told(read(file(&objects))).is_empty());
}

#[test]
fn what_is_no_pdf_is_said_to_be_none() {
    for junk in [&b""[..], b"%PDF-", b"%PDF-1.5\nstream\n", b"GIF89a", b"%PDF-1.7\n%%EOF"] {
        assert!(matches!(read(junk.to_vec()), Err(PdfFault::Broken)), "{junk:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    /// Whatever is broken in a file: an error or some text, in a moment.
    #[test]
    fn a_damaged_file_is_read_or_refused(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..30), cut in any::<prop::sample::Index>()) {
        let text = b"BT /A 12 Tf 72 700 Td (High water) Tj /B 1 Tf <00010002> Tj ET";
        let mut bytes = pages_of(&[packed(text), text.to_vec()], "");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let began = Instant::now();
        let _ = read(bytes);
        prop_assert!(began.elapsed() < Duration::from_secs(5));
    }
}
