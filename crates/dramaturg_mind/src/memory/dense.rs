//! Vectors of meaning, quantised to a byte for each number, and the search among them.
//!
//! Few vectors are compared one by one. Among many, those whose signs (after the mean is taken away, since the vectors
//! of one embedder point much the same way) are most like the question's are found by counting bits, and only they
//! are compared in full. Only integers are added up, so that every machine finds the same.

/// A vector of length one has numbers of about a twentieth; larger ones are cut at a third.
const SCALE: f32 = 384.0;
/// So many vectors tell the mean for good.
const LEARN: usize = 2048;
/// From so many on, signs choose what is compared.
const MANY: usize = 12_288;
/// How many are compared then.
const CLOSEST: usize = 2048;
const WORD: usize = 64;
/// The mean is kept in sixteenths.
const MEAN: i64 = 16;

/// The vectors of the texts of an index, by the texts' numbers. All have the length of the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Dense {
    length: usize,
    /// All vectors, one after the other.
    numbers: Vec<i8>,
    /// Which texts have one.
    there: Vec<bool>,
    count: usize,
    /// Each vector's product with itself.
    squares: Vec<i32>,
    /// The sum of all vectors.
    sum: Vec<i64>,
    /// The mean that signs are taken from, once it is settled.
    mean: Vec<i8>,
    signs: Vec<u64>,
}

/// A question's vector, ready to be compared.
pub(super) struct Question {
    vector: Vec<i8>,
    /// The mean of the texts in sixteenths, of which what is compared is a difference.
    mean: Vec<i16>,
    /// The products of question and mean, and of the mean with itself.
    with_mean: f32,
    of_mean: f32,
}

impl Dense {
    /// A text's vector; none leaves a gap that [`Self::set`] may fill.
    pub(super) fn push(&mut self, vector: Option<&[i8]>) {
        let at = self.there.len();
        self.there.push(false);
        self.squares.push(0);
        self.numbers.resize(self.there.len() * self.length, 0);
        if let Some(vector) = vector {
            self.set(at, vector);
        }
    }

    /// Sets a text's vector. One of another length than the first is not taken: false.
    pub(super) fn set(&mut self, at: usize, vector: &[i8]) -> bool {
        if vector.is_empty()
            || at >= self.there.len()
            || (self.length != 0 && self.length != vector.len())
        {
            return false;
        }
        if self.length == 0 {
            self.length = vector.len();
            self.sum = vec![0; self.length];
            self.numbers.resize(self.there.len() * self.length, 0);
        }
        let place = at * self.length..(at + 1) * self.length;
        let old = &self.numbers[place.clone()];
        for ((sum, new), old) in self.sum.iter_mut().zip(vector).zip(old) {
            *sum += i64::from(*new) - i64::from(*old);
        }
        self.numbers[place].copy_from_slice(vector);
        self.count += usize::from(!self.there[at]);
        self.there[at] = true;
        self.squares[at] = product(vector, vector);
        self.sign(at);
        true
    }

    fn words(&self) -> usize {
        self.length.div_ceil(WORD)
    }

    fn sign(&mut self, at: usize) {
        if self.mean.is_empty() {
            if self.count < LEARN {
                return;
            }
            let count = self.count as i64;
            self.mean = self.sum.iter().map(|sum| (sum / count) as i8).collect();
            self.signs =
                (0..self.there.len()).flat_map(|at| self.signs_of(self.vector(at))).collect();
            return;
        }
        let (words, signs) = (self.words(), self.signs_of(self.vector(at)));
        self.signs.resize(self.there.len() * words, 0);
        self.signs[at * words..(at + 1) * words].copy_from_slice(&signs);
    }

    fn signs_of(&self, vector: &[i8]) -> Vec<u64> {
        let mut words = Vec::with_capacity(self.words());
        for (numbers, means) in vector.chunks(WORD).zip(self.mean.chunks(WORD)) {
            let above = numbers.iter().zip(means).map(|(number, mean)| u64::from(number > mean));
            words.push(above.fold(0, |word, bit| word << 1 | bit));
        }
        words
    }

    pub(super) fn vector(&self, at: usize) -> &[i8] {
        self.numbers.get(at * self.length..(at + 1) * self.length).unwrap_or_default()
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.there.get(at).copied().unwrap_or_default()
    }

    /// The question against the vectors that there are; none without vectors, or where it has another length.
    pub(super) fn question(&self, vector: &[f32]) -> Option<Question> {
        let vector = quantise(vector);
        if self.count == 0 || vector.len() != self.length {
            return None;
        }
        let count = self.count as i64;
        let mean: Vec<i16> = self.sum.iter().map(|sum| (sum * MEAN / count) as i16).collect();
        let of_mean: i64 = mean.iter().map(|m| i64::from(*m) * i64::from(*m)).sum();
        let with_mean = mixed(&vector, &mean) as f32 / MEAN as f32;
        let of_mean = of_mean as f32 / (MEAN * MEAN) as f32;
        Some(Question { vector, mean, with_mean, of_mean })
    }

    /// How alike each of the texts is to the question: the cosine of both after the mean was taken away, but for a factor that
    /// is the same for all. Zero without a vector. Vectors of one embedder have much in common, which says nothing.
    pub(super) fn likeness(&self, question: &Question, texts: &[u32]) -> Vec<f32> {
        let products = products(self, question, texts);
        let one = |(at, (product, with_mean)): (&u32, (i32, i32))| {
            if !self.has(*at as usize) {
                return 0.0;
            }
            let with_mean = with_mean as f32 / MEAN as f32;
            let difference = product as f32 - question.with_mean - with_mean + question.of_mean;
            let square = self.squares[*at as usize] as f32 - 2.0 * with_mean + question.of_mean;
            difference / square.max(1.0).sqrt()
        };
        texts.iter().zip(products).map(one).collect()
    }

    /// The likeness of the texts that are nearest to the question, and at least of all of few.
    pub(super) fn alike(&self, question: &Question) -> Vec<(u32, f32)> {
        let chosen: Vec<u32> = if self.count < MANY || self.mean.is_empty() {
            (0..self.there.len() as u32).filter(|at| self.there[*at as usize]).collect()
        } else {
            self.near(&question.vector)
        };
        let likeness = self.likeness(question, &chosen);
        chosen.into_iter().zip(likeness).collect()
    }

    /// Those with the most signs in common: all above the count of signs with which there are enough, the first of
    /// those at it.
    fn near(&self, question: &[i8]) -> Vec<u32> {
        let signs = self.signs_of(question);
        let apart = differences(&signs, &self.signs);
        let mut histogram = vec![0usize; self.length + 1];
        for (at, differ) in apart.iter().enumerate() {
            histogram[*differ as usize] += usize::from(self.there[at]);
        }
        let (mut limit, mut room) = (0, CLOSEST);
        while limit < self.length && histogram[limit] <= room {
            room -= histogram[limit];
            limit += 1;
        }
        let mut near = Vec::with_capacity(CLOSEST);
        for (at, differ) in apart.iter().enumerate().filter(|(at, _)| self.there[*at]) {
            let differ = *differ as usize;
            if differ < limit {
                near.push(at as u32);
            } else if differ == limit && room > 0 {
                near.push(at as u32);
                room -= 1;
            }
        }
        near
    }

    pub(super) fn bytes(&self) -> usize {
        self.numbers.capacity()
            + self.there.capacity()
            + self.signs.capacity() * 8
            + self.squares.capacity() * 4
    }
}

/// How many signs differ, for each text.
fn differences(question: &[u64], signs: &[u64]) -> Vec<u16> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("popcnt") && is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "popcnt,avx2")]
        fn fast(question: &[u64], signs: &[u64]) -> Vec<u16> {
            count(question, signs)
        }
        #[expect(unsafe_code, reason = "the processor was asked whether it can")]
        return unsafe { fast(question, signs) };
    }
    count(question, signs)
}

/// The products of each chosen vector with the question and with the mean.
fn products(dense: &Dense, question: &Question, chosen: &[u32]) -> Vec<(i32, i32)> {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        #[target_feature(enable = "avx2")]
        fn fast(dense: &Dense, question: &Question, chosen: &[u32]) -> Vec<(i32, i32)> {
            multiply(dense, question, chosen)
        }
        #[expect(unsafe_code, reason = "the processor was asked whether it can")]
        return unsafe { fast(dense, question, chosen) };
    }
    multiply(dense, question, chosen)
}

#[inline(always)]
fn multiply(dense: &Dense, question: &Question, chosen: &[u32]) -> Vec<(i32, i32)> {
    let both = |at: &u32| {
        let vector = dense.vector(*at as usize);
        (product(vector, &question.vector), mixed(vector, &question.mean))
    };
    chosen.iter().map(both).collect()
}

#[inline(always)]
fn count(question: &[u64], signs: &[u64]) -> Vec<u16> {
    let one = |text: &[u64]| {
        let differ = text.iter().zip(question).map(|(a, b)| (a ^ b).count_ones());
        differ.sum::<u32>() as u16
    };
    match question.len() {
        // The usual 384 numbers, unrolled.
        6 => signs.chunks_exact(6).map(one).collect(),
        words => signs.chunks_exact(words.max(1)).map(one).collect(),
    }
}

#[inline(always)]
fn product(a: &[i8], b: &[i8]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

#[inline(always)]
fn mixed(a: &[i8], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// A vector of length one in bytes.
pub(super) fn quantise(vector: &[f32]) -> Vec<i8> {
    vector.iter().map(|x| (x * SCALE).round().clamp(-127.0, 127.0) as i8).collect()
}

/// The `count` best of them, by number where they are as good; in no order.
pub(super) fn best(mut scores: Vec<(u32, f32)>, count: usize) -> Vec<(u32, f32)> {
    if scores.len() > count {
        scores.select_nth_unstable_by(count, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        scores.truncate(count);
    }
    scores
}
