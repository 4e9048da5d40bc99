//! SVG files as images, drawn once while they load.

use bevy::asset::io::Reader;
use bevy::asset::{AssetLoader, LoadContext, RenderAssetUsages};
use bevy::prelude::*;
use bevy::reflect::TypePath;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Height in pixels to which pictures are drawn: enough for a full-HD screen, and a fifth of a 4K one's memory.
const HEIGHT: f32 = 1080.0;

pub struct SvgPlugin;

impl Plugin for SvgPlugin {
    fn build(&self, app: &mut App) {
        app.init_asset_loader::<SvgLoader>();
    }
}

#[derive(Default, TypePath)]
struct SvgLoader;

/// Why a picture can't be drawn.
#[derive(Debug, thiserror::Error)]
enum SvgError {
    #[error("the picture can't be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the picture is no SVG: {0}")]
    Parse(#[from] resvg::usvg::Error),
    #[error("the picture has no size")]
    Empty,
}

impl AssetLoader for SvgLoader {
    type Asset = Image;
    type Settings = ();
    type Error = SvgError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        (): &(),
        _: &mut LoadContext<'_>,
    ) -> Result<Image, SvgError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await?;
        let tree = Tree::from_data(&bytes, &Options::default())?;
        let scale = HEIGHT / tree.size().height();
        let width = (tree.size().width() * scale).round() as u32;
        let mut pixels = Pixmap::new(width, HEIGHT as u32).ok_or(SvgError::Empty)?;
        resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
        let size = Extent3d { width, height: HEIGHT as u32, depth_or_array_layers: 1 };
        Ok(Image::new(
            size,
            TextureDimension::D2,
            pixels.take_demultiplied(),
            TextureFormat::Rgba8UnormSrgb,
            RenderAssetUsages::RENDER_WORLD,
        ))
    }

    fn extensions(&self) -> &[&str] {
        &["svg"]
    }
}
